zpl check late.zpl --minutes
