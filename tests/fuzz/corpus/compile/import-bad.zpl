import "bad.zpl" import "none.zpl"
