PRAGMA mmap_size = 268435456;
PRAGMA journal_mode = wal;
CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, value BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO t SELECT i, 'name ' || (i * 7919 % 20000), randomblob(i % 400) FROM n;
CREATE INDEX by_name ON t (name);
SELECT count(*), sum(length(value)) FROM t WHERE name > 'name 5';
SELECT a.name, b.name FROM t a JOIN t b ON a.id = b.id + 1 ORDER BY a.value LIMIT 3;
UPDATE t SET value = randomblob(3000) WHERE id % 10 = 0;
DELETE FROM t WHERE id % 3 = 0;
VACUUM;
SELECT count(*) FROM t;
