local settings = { deep = {} }
local x = settings.depe.name
