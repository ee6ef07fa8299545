zpl graph medium.zpl --format dot
