zpl check late.zpl --mode slow
