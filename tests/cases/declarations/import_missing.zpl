local common = import "comon.zpl"
