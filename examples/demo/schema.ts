/** The demo's tables, declared as applications that grew over years declare them. */
export const DEMO_SCHEMA = `
CREATE TABLE characters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  chapter_group INT,
  is_main BOOLEAN,
  notes JSON
);
CREATE TABLE appearances (
  character_id INTEGER NOT NULL REFERENCES characters(id) ON DELETE CASCADE,
  with_id INTEGER NOT NULL REFERENCES characters(id) ON DELETE CASCADE,
  times INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (character_id, with_id)
) WITHOUT ROWID;

CREATE TABLE distributors (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL UNIQUE);
CREATE TABLE films (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title VARCHAR(200),
  distributor_id INTEGER REFERENCES distributors,
  released DATE,
  rating VARCHAR(10),
  minutes INTEGER,
  budget INTEGER,
  gross INTEGER,
  tomatoes INTEGER,
  imdb DECIMAL(3,1),
  votes INTEGER,
  director TEXT COLLATE NOCASE,
  seen CHAR(1)
);
CREATE INDEX films_released ON films (released);
CREATE INDEX films_by_director ON films (director, released DESC);

CREATE TABLE airports (
  iata CHAR(4) PRIMARY KEY,
  name TEXT,
  city TEXT,
  state CHAR(2),
  country TEXT DEFAULT 'USA',
  latitude REAL NOT NULL,
  longitude DOUBLE NOT NULL
);
CREATE TABLE flights (
  id INTEGER PRIMARY KEY,
  departed_at DATETIME NOT NULL,
  delay INTEGER NOT NULL,
  distance INTEGER NOT NULL,
  origin CHAR(4) NOT NULL REFERENCES airports(iata),
  destination CHAR(4) NOT NULL REFERENCES airports(iata),
  on_board BOOLEAN NOT NULL DEFAULT 1,
  remark TEXT
);
CREATE INDEX flights_route ON flights (origin, destination);
CREATE INDEX flights_late ON flights (delay) WHERE delay > 60;

CREATE TABLE flight_delays (id INTEGER PRIMARY KEY, delay SMALLINT, distance INT, hour FLOAT);

CREATE TABLE bird_strikes (
  id INTEGER PRIMARY KEY,
  airport TEXT,
  aircraft TEXT,
  flown DATE,
  species TEXT,
  size TEXT,
  damaged BOOLEAN,
  cost NUMERIC,
  speed INTEGER,
  photo BLOB
);
CREATE TABLE settings (key TEXT PRIMARY KEY, value);
CREATE TABLE sessions (
  token TEXT PRIMARY KEY,
  reader TEXT NOT NULL,
  state JSON,
  expires_at INTEGER
);
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  token TEXT REFERENCES sessions(token),
  kind TEXT NOT NULL,
  detail TEXT
);
`;

export const DEMO_VIEWS = `
CREATE VIEW busiest_airports AS
  SELECT a.iata, a.name, count(*) AS departures FROM flights f JOIN airports a ON a.iata = f.origin GROUP BY a.iata ORDER BY departures DESC;
CREATE VIEW films_by_year AS SELECT strftime('%Y', released) AS year, count(*) AS films FROM films GROUP BY 1;
CREATE TRIGGER characters_renamed AFTER UPDATE OF name ON characters
  BEGIN INSERT OR REPLACE INTO settings VALUES ('last_renamed', old.name || ' to ' || new.name); END;
`;
