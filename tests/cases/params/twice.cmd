zpl check slot.zpl --k 3 --k 4
