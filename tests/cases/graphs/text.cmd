zpl graph medium.zpl --format text
