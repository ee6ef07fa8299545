zpl graph prepare.zpl
