local rows = sql [[ SELECT * FROM 'flights.csv' ]]
