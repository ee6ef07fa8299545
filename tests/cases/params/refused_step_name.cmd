zpl check refused.zpl:sizes --depth depp --trainer xgboost.trian
