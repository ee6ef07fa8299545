zpl check prepare.zpl:prepare
