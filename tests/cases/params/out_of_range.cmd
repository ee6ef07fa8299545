zpl check late.zpl --minutes 601
