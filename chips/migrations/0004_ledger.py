"""What the database itself holds of logistics: state tables, the ledger's chain, prices, closed months."""

from django.conf import settings
from django.db import migrations

from sealreg.database.operations import append_only
from sealreg.workflow.triggers import enforce_table

LOADER = settings.DATABASE_ROLES["loader"]

PARTIES = """
INSERT INTO chips_custodyparty (kind) VALUES
  ('INSTITUTE'), ('OPERATOR'), ('TRANSIT'), ('SEAL'), ('SCRAP'), ('MISSING'), ('STOLEN'), ('DESTROYED');
"""

# The role's name is a setting of ours, not input.
CHAIN = f"""
CREATE FUNCTION chips_custody_apply() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
  wanted bigint;
  done bigint;
BEGIN
  IF current_user = '{LOADER}' THEN
    RETURN NULL;
  END IF;
  SELECT count(*) INTO wanted FROM fresh;
  UPDATE chips_chip c SET holder_id = f.to_party_id, custody_step = f.step
    FROM fresh f
   WHERE c.id = f.chip_id AND c.holder_id IS NOT DISTINCT FROM f.from_party_id AND c.custody_step = f.step - 1;
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done <> wanted THEN
    RAISE EXCEPTION 'custody: % of % entries do not follow the one before', wanted - done, wanted
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$body$;
CREATE TRIGGER chips_custody_apply AFTER INSERT ON chips_custodyentry
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION chips_custody_apply();

CREATE FUNCTION chips_chip_keeper() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF current_user = '{LOADER}' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.holder_id IS NOT NULL OR NEW.custody_step <> 0 THEN
      RAISE EXCEPTION 'a chip gets its holder from the ledger' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.holder_id IS DISTINCT FROM OLD.holder_id OR NEW.custody_step <> OLD.custody_step)
     AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'the holder of a chip changes through the ledger' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.shop_id IS DISTINCT FROM OLD.shop_id AND NEW.status = OLD.status THEN
    RAISE EXCEPTION 'a chip changes shops through the operator' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER chips_chip_keeper BEFORE INSERT OR UPDATE OF holder_id, custody_step, shop_id ON chips_chip
  FOR EACH ROW EXECUTE FUNCTION chips_chip_keeper();
ALTER TABLE chips_chip ENABLE ALWAYS TRIGGER chips_chip_keeper;

CREATE FUNCTION chips_month_closed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (
    SELECT 1 FROM chips_custodymonth
     WHERE closed_at IS NOT NULL AND month = date_trunc('month', NEW.at AT TIME ZONE 'Asia/Shanghai')::date
  ) THEN
    RAISE EXCEPTION 'the month of % is closed', NEW.at USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER chips_month_closed BEFORE INSERT ON chips_custodymove
  FOR EACH ROW EXECUTE FUNCTION chips_month_closed();
"""  # noqa: S608

NO_CHAIN = """
DROP TRIGGER chips_custody_apply ON chips_custodyentry;
DROP FUNCTION chips_custody_apply();
DROP TRIGGER chips_chip_keeper ON chips_chip;
DROP FUNCTION chips_chip_keeper();
DROP TRIGGER chips_month_closed ON chips_custodymove;
DROP FUNCTION chips_month_closed();
"""

PRICES = """
CREATE FUNCTION chips_order_price() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM chips_chipprice
     WHERE id = NEW.price_id AND unit_price_fen = NEW.unit_price_fen
       AND in_force @> (NEW.ordered_at AT TIME ZONE 'Asia/Shanghai')::date
  ) THEN
    RAISE EXCEPTION 'an order is at the price in force' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER chips_order_price BEFORE INSERT OR UPDATE OF price_id, unit_price_fen, ordered_at ON chips_chiporder
  FOR EACH ROW EXECUTE FUNCTION chips_order_price();
ALTER TABLE chips_chiporder ENABLE ALWAYS TRIGGER chips_order_price;

CREATE FUNCTION chips_price_history() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.unit_price_fen <> OLD.unit_price_fen OR NEW.document <> OLD.document
     OR lower(NEW.in_force) <> lower(OLD.in_force) OR NOT upper_inf(OLD.in_force) THEN
    RAISE EXCEPTION 'a price once in force stays on record' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER chips_price_history BEFORE UPDATE OR DELETE ON chips_chipprice
  FOR EACH ROW EXECUTE FUNCTION chips_price_history();
ALTER TABLE chips_chipprice ENABLE ALWAYS TRIGGER chips_price_history;
"""

NO_PRICES = """
DROP TRIGGER chips_order_price ON chips_chiporder;
DROP FUNCTION chips_order_price();
DROP TRIGGER chips_price_history ON chips_chipprice;
DROP FUNCTION chips_price_history();
"""

VIEWS = """
CREATE VIEW chips_custody_balance AS
WITH arrived AS (
  SELECT e.to_party_id AS party_id, c.batch_no, count(*) AS n
    FROM chips_custodyentry e JOIN chips_chip c ON c.id = e.chip_id GROUP BY 1, 2
), gone AS (
  SELECT e.from_party_id AS party_id, c.batch_no, count(*) AS n,
         count(*) FILTER (WHERE m.kind = 'RETURN') AS returned,
         count(*) FILTER (WHERE p.kind = 'SEAL') AS consumed,
         count(*) FILTER (WHERE p.kind IN ('SCRAP', 'DESTROYED')) AS scrapped,
         count(*) FILTER (WHERE p.kind IN ('MISSING', 'STOLEN')) AS missing
    FROM chips_custodyentry e
    JOIN chips_chip c ON c.id = e.chip_id
    JOIN chips_custodymove m ON m.id = e.move_id
    JOIN chips_custodyparty p ON p.id = e.to_party_id
   WHERE e.from_party_id IS NOT NULL GROUP BY 1, 2
), here AS (
  SELECT holder_id AS party_id, batch_no, count(*) AS n FROM chips_chip WHERE holder_id IS NOT NULL GROUP BY 1, 2
)
SELECT party_id, batch_no, coalesce(a.n, 0) AS received, coalesce(g.n, 0) AS gone, coalesce(g.returned, 0) AS returned,
       coalesce(g.consumed, 0) AS consumed, coalesce(g.scrapped, 0) AS scrapped, coalesce(g.missing, 0) AS missing,
       coalesce(g.n - g.returned - g.consumed - g.scrapped - g.missing, 0) AS forwarded,
       coalesce(h.n, 0) AS on_hand, coalesce(a.n, 0) - coalesce(g.n, 0) - coalesce(h.n, 0) AS difference
  FROM arrived a FULL JOIN gone g USING (party_id, batch_no) FULL JOIN here h USING (party_id, batch_no);

CREATE VIEW chips_custody_problem AS
SELECT 'balance' AS problem, party_id::text || '/' || batch_no AS subject, difference AS chips
  FROM chips_custody_balance WHERE difference <> 0
UNION ALL
SELECT 'unbooked', batch_no, count(*) FROM chips_chip WHERE holder_id IS NULL OR custody_step = 0 GROUP BY 2
UNION ALL
SELECT 'chain', c.batch_no, count(*)
  FROM chips_chip c
  LEFT JOIN (SELECT chip_id, count(*) AS n, max(step) AS last FROM chips_custodyentry GROUP BY 1) e ON e.chip_id = c.id
 WHERE coalesce(e.n, 0) <> c.custody_step OR coalesce(e.last, 0) <> c.custody_step GROUP BY 2
UNION ALL
SELECT 'place', c.status || '/' || p.kind, count(*)
  FROM chips_chip c JOIN chips_custodyparty p ON p.id = c.holder_id
 WHERE NOT (
         c.status IN ('MANUFACTURED', 'INJECTING', 'UNCERTAIN', 'INJECTED', 'PACKED') AND p.kind = 'INSTITUTE'
      OR c.status IN ('SHIPPED', 'ISSUED', 'RETURNING') AND p.kind = 'TRANSIT'
      OR c.status = 'RECEIVED' AND p.kind IN ('OPERATOR', 'DEPOT')
      OR c.status = 'DISCREPANT' AND p.kind = 'MISSING'
      OR c.status IN ('SHOP_RECEIVED', 'PACKAGED') AND p.kind = 'SHOP' AND p.organisation_id = c.shop_id
      OR c.status IN ('BOUND', 'ACTIVE', 'SUSPENDED', 'LOST') AND p.kind = 'SEAL'
      OR c.status = 'STOLEN' AND p.kind = 'STOLEN'
      OR c.status = 'SCRAPPED' AND p.kind = 'SCRAP'
      OR c.status = 'DESTROYED' AND p.kind = 'DESTROYED')
 GROUP BY 2
UNION ALL
SELECT 'transit', c.batch_no, count(*)
  FROM chips_chip c JOIN chips_custodyparty p ON p.id = c.holder_id
 WHERE p.kind = 'TRANSIT'
   AND NOT EXISTS (SELECT 1 FROM chips_consignmentline l WHERE l.chip_id = c.id AND l.is_open) GROUP BY 2;
"""

NO_VIEWS = "DROP VIEW chips_custody_problem; DROP VIEW chips_custody_balance;"

# Chips that came without the ledger (before it existed, or by the loader) are entered as they stand, in three hops.
BOOKS = """
CREATE FUNCTION chips_open_books(told_by text, told_note text) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  hop record;
  entered bigint := 0;
  n bigint;
BEGIN
  INSERT INTO chips_custodyparty (kind, organisation_id)
    SELECT DISTINCT 'SHOP', shop_id FROM chips_chip WHERE shop_id IS NOT NULL AND custody_step = 0
    ON CONFLICT (organisation_id) DO NOTHING;
  CREATE TEMP TABLE opening ON COMMIT DROP AS
    SELECT c.id AS chip_id, c.batch_no, coalesce(c.injected_at, now()) AS at, c.status, s.id AS shop_party
      FROM chips_chip c LEFT JOIN chips_custodyparty s ON s.organisation_id = c.shop_id
     WHERE c.custody_step = 0 AND c.holder_id IS NULL;
  CREATE TEMP TABLE opening_hop ON COMMIT DROP AS
    SELECT chip_id, batch_no, at, step, to_party, lag(to_party) OVER (PARTITION BY chip_id ORDER BY step) AS from_party
      FROM (
        SELECT o.chip_id, o.batch_no, o.at, row_number() OVER (PARTITION BY o.chip_id ORDER BY h.rank) AS step, h.to_party
          FROM opening o CROSS JOIN LATERAL (
            SELECT 1 AS rank, (SELECT id FROM chips_custodyparty WHERE kind = 'INSTITUTE') AS to_party
            UNION ALL
            SELECT 2, (SELECT id FROM chips_custodyparty WHERE kind = 'OPERATOR')
             WHERE o.status NOT IN ('MANUFACTURED', 'INJECTING', 'UNCERTAIN', 'INJECTED', 'PACKED', 'SHIPPED')
            UNION ALL
            SELECT 3, o.shop_party
             WHERE o.shop_party IS NOT NULL AND o.status NOT IN ('ISSUED', 'DISCREPANT')
            UNION ALL
            SELECT 4, (SELECT id FROM chips_custodyparty WHERE kind = CASE
                         WHEN o.status IN ('SHIPPED', 'ISSUED', 'RETURNING') THEN 'TRANSIT'
                         WHEN o.status IN ('BOUND', 'ACTIVE', 'SUSPENDED', 'LOST') THEN 'SEAL'
                         WHEN o.status = 'DISCREPANT' THEN 'MISSING'
                         WHEN o.status = 'STOLEN' THEN 'STOLEN'
                         WHEN o.status = 'SCRAPPED' THEN 'SCRAP'
                         WHEN o.status = 'DESTROYED' THEN 'DESTROYED' END)
             WHERE o.status IN ('SHIPPED', 'ISSUED', 'RETURNING', 'BOUND', 'ACTIVE', 'SUSPENDED', 'LOST', 'DISCREPANT',
                                'STOLEN', 'SCRAPPED', 'DESTROYED')
          ) h
      ) steps;
  FOR hop IN SELECT batch_no, step, max(at) AS at FROM opening_hop GROUP BY batch_no, step ORDER BY step, batch_no LOOP
    WITH made AS (
      INSERT INTO chips_custodymove (number, kind, at, by, second, subject, note)
      VALUES (upper(substr(md5(random()::text || clock_timestamp()::text), 1, 12)),
              CASE WHEN hop.step = 1 THEN 'MANUFACTURE' ELSE 'SEND' END, hop.at, told_by, '',
              'opening:' || hop.batch_no, told_note)
      RETURNING id
    )
    INSERT INTO chips_custodyentry (move_id, chip_id, step, from_party_id, to_party_id)
      SELECT made.id, h.chip_id, h.step, h.from_party, h.to_party FROM opening_hop h, made
       WHERE h.batch_no = hop.batch_no AND h.step = hop.step;
    GET DIAGNOSTICS n = ROW_COUNT;
    entered := entered + n;
  END LOOP;
  -- The trigger has done this already unless the loader calls.
  UPDATE chips_chip c SET holder_id = last.to_party, custody_step = last.step
    FROM (SELECT DISTINCT ON (chip_id) chip_id, to_party, step FROM opening_hop ORDER BY chip_id, step DESC) last
   WHERE c.id = last.chip_id AND c.custody_step = 0;
  DROP TABLE opening_hop;
  DROP TABLE opening;
  RETURN entered;
END
$body$;
SELECT chips_open_books('system:migration', '账册启用前的芯片按现状入账');
"""


class Migration(migrations.Migration):
    dependencies = [("chips", "0003_logistics")]

    operations = [
        enforce_table(
            "chips_chip",
            field="status",
            initial=("MANUFACTURED",),
            moves=(
                ("ACTIVE", "DESTROYED"),
                ("ACTIVE", "LOST"),
                ("ACTIVE", "SUSPENDED"),
                ("BOUND", "ACTIVE"),
                ("BOUND", "DESTROYED"),
                ("DISCREPANT", "RECEIVED"),
                ("DISCREPANT", "SCRAPPED"),
                ("DISCREPANT", "STOLEN"),
                ("INJECTED", "PACKED"),
                ("INJECTED", "SCRAPPED"),
                ("INJECTED", "STOLEN"),
                ("INJECTING", "INJECTED"),
                ("INJECTING", "UNCERTAIN"),
                ("ISSUED", "DISCREPANT"),
                ("ISSUED", "RETURNING"),
                ("ISSUED", "SCRAPPED"),
                ("ISSUED", "SHOP_RECEIVED"),
                ("ISSUED", "STOLEN"),
                ("LOST", "DESTROYED"),
                ("MANUFACTURED", "INJECTING"),
                ("MANUFACTURED", "SCRAPPED"),
                ("PACKAGED", "BOUND"),
                ("PACKAGED", "DESTROYED"),
                ("PACKAGED", "SCRAPPED"),
                ("PACKAGED", "STOLEN"),
                ("PACKED", "SCRAPPED"),
                ("PACKED", "SHIPPED"),
                ("PACKED", "STOLEN"),
                ("RECEIVED", "DISCREPANT"),
                ("RECEIVED", "ISSUED"),
                ("RECEIVED", "SCRAPPED"),
                ("RECEIVED", "SHIPPED"),
                ("RECEIVED", "STOLEN"),
                ("RETURNING", "DISCREPANT"),
                ("RETURNING", "RECEIVED"),
                ("RETURNING", "SCRAPPED"),
                ("RETURNING", "STOLEN"),
                ("SHIPPED", "DISCREPANT"),
                ("SHIPPED", "RECEIVED"),
                ("SHIPPED", "SCRAPPED"),
                ("SHIPPED", "STOLEN"),
                ("SHOP_RECEIVED", "DISCREPANT"),
                ("SHOP_RECEIVED", "PACKAGED"),
                ("SHOP_RECEIVED", "RETURNING"),
                ("SHOP_RECEIVED", "SCRAPPED"),
                ("SHOP_RECEIVED", "STOLEN"),
                ("STOLEN", "RECEIVED"),
                ("SUSPENDED", "ACTIVE"),
                ("SUSPENDED", "DESTROYED"),
                ("SUSPENDED", "LOST"),
                ("UNCERTAIN", "INJECTED"),
                ("UNCERTAIN", "INJECTING"),
                ("UNCERTAIN", "SCRAPPED"),
            ),
        ),
        enforce_table(
            "chips_chipbatch",
            field="status",
            initial=("ALLOCATED",),
            moves=(
                ("ALLOCATED", "CANCELLED"),
                ("ALLOCATED", "RELEASED"),
                ("FILLED", "PACKED"),
                ("PACKED", "SHIPPED"),
                ("RELEASED", "FILLED"),
            ),
        ),
        enforce_table(
            "chips_chiporder",
            field="status",
            initial=("PLACED",),
            moves=(
                ("GRANTED", "PART_GRANTED"),
                ("PART_GRANTED", "CANCELLED"),
                ("PART_GRANTED", "GRANTED"),
                ("PLACED", "CANCELLED"),
                ("PLACED", "GRANTED"),
                ("PLACED", "PART_GRANTED"),
            ),
        ),
        enforce_table(
            "chips_consignment",
            field="status",
            initial=("SENT",),
            moves=(
                ("COUNTED", "CONFIRMED"),
                ("COUNTED", "REFUSED"),
                ("COUNTED", "SENT"),
                ("COUNTED", "SHORT"),
                ("SENT", "COUNTED"),
                ("SENT", "REFUSED"),
            ),
        ),
        migrations.RunSQL(PARTIES, "DELETE FROM chips_custodyparty;"),
        migrations.RunSQL(CHAIN, NO_CHAIN),
        migrations.RunSQL(PRICES, NO_PRICES),
        migrations.RunSQL(VIEWS, NO_VIEWS),
        migrations.RunSQL(BOOKS, "DROP FUNCTION chips_open_books(text, text);"),
        append_only("chips_custodymove"),
        append_only("chips_custodyentry"),
        append_only("chips_batchmanifest"),
        append_only("chips_samplecheck"),
    ]
