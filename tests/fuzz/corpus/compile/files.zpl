for i, path in ipairs(files "data/*.csv") do csv.read(path) end
