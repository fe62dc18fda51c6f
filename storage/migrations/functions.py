"""The functions that write PostgreSQL's audit log: the role of the application has no other way to it.

`audit_append` gives the position under the lock of the head in one statement, so that the lock is held for no
round trip but the commit. `audit_seal` drops events up to a signed head; only the retention's role may call
it.
"""

from storage.audit_encoding import COLUMNS

_INTEGERS = {"duration_ms"}
_PARAMETERS = ", ".join(f"p_{name} {'integer' if name in _INTEGERS else 'text'}" for name in COLUMNS)
_VALUES = ", ".join(f"p_{name}" for name in COLUMNS)
PARAMETER_TYPES = ", ".join("integer" if name in _INTEGERS else "text" for name in (*COLUMNS, "content"))

_APPEND = f"""
CREATE FUNCTION audit_append({_PARAMETERS}, p_content text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $$
DECLARE head audit_head;
BEGIN
    SELECT * INTO head FROM audit_head WHERE id = 1 FOR UPDATE;
    IF EXISTS (SELECT 1 FROM audit_events WHERE operation = p_operation AND phase = p_phase) THEN
        RETURN NULL;
    END IF;
    head.previous := head.hash;
    head.position := head.position + 1;
    head.hash := encode(sha256(convert_to(head.previous || ':' || head.position || ':' || p_content, 'UTF8')), 'hex');
    INSERT INTO audit_events (position, {", ".join(COLUMNS)}, previous, hash)
        VALUES (head.position, {_VALUES}, head.previous, head.hash);
    UPDATE audit_head SET position = head.position, previous = head.previous, hash = head.hash WHERE id = 1;
    RETURN head.position;
END $$
"""  # noqa: S608 - made of column names
_SEAL = """
CREATE FUNCTION audit_seal(p_position bigint, p_hash text, p_at text, p_file_digest text, p_key text, p_signature text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE dropped bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_signatures s JOIN audit_events e USING (position, hash)
                   WHERE position = p_position AND hash = p_hash) THEN
        RAISE EXCEPTION 'position % is no signed head with that hash', p_position;
    END IF;
    IF EXISTS (SELECT 1 FROM audit_events i WHERE i.position <= p_position AND i.phase = 'intent' AND NOT EXISTS
               (SELECT 1 FROM audit_events o WHERE o.operation = i.operation AND o.phase = 'outcome')) THEN
        RAISE EXCEPTION 'an intent before position % is still open', p_position;
    END IF;
    PERFORM set_config('xk8s.sealing', 'yes', true);
    DELETE FROM audit_events WHERE position <= p_position;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    DELETE FROM audit_signatures WHERE position < p_position;
    PERFORM set_config('xk8s.sealing', 'no', true);
    INSERT INTO audit_seals (position, hash, at, file_digest, key, signature)
        VALUES (p_position, p_hash, p_at, p_file_digest, p_key, p_signature);
    RETURN dropped;
END $$
"""
SEAL_TYPES = "bigint, text, text, text, text, text"


def create(schema: str) -> list[str]:
    """Return the statements that create the functions.

    The functions name the schema, so that nobody's temporary table takes the place of a real one.
    """
    quoted = '"' + schema.replace('"', '""') + '"'
    return [
        _APPEND.format(schema=quoted),
        _SEAL.format(schema=quoted),
        f"REVOKE ALL ON FUNCTION audit_append({PARAMETER_TYPES}) FROM PUBLIC",
        f"REVOKE ALL ON FUNCTION audit_seal({SEAL_TYPES}) FROM PUBLIC",
    ]
