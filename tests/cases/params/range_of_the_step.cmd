zpl check late.zpl --share 1.5
