zpl check refused.zpl:sizes --depth flat --trainer split
