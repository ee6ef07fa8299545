import "self.zpl"
