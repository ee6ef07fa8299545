local rows = sql [[ SELECT * FROM read_csv('flights.csv') ]]
