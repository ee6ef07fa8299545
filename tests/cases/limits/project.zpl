-- what runs of this project share
limits { db = 2, licence = 1 }
