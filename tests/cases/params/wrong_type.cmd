zpl check late.zpl --minutes soon
