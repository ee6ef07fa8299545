zpl check prepare.zpl:prepar
