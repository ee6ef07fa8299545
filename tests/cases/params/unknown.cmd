zpl check late.zpl --minuets 3
