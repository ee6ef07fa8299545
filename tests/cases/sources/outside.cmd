zpl check outside.zpl
