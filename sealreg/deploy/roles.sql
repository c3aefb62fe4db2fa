-- Runs once, as the superuser, when the database server starts on an empty volume (docker-entrypoint-initdb.d).
-- Migrations run as the owner; the portal, its workers and tests as the application role; bulk loads as the loader.
\set ON_ERROR_STOP on
\set owner_password `cat /run/secrets/owner_password`
\set app_password `cat /run/secrets/app_password`
\set loader_password `cat /run/secrets/loader_password`

CREATE ROLE sealreg_owner LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB PASSWORD :'owner_password';
CREATE ROLE sealreg_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
-- COPY takes no rows into a table with row policies, so the loader is not held by them.
CREATE ROLE sealreg_loader LOGIN NOSUPERUSER BYPASSRLS PASSWORD :'loader_password';

CREATE DATABASE sealreg OWNER sealreg_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE sealreg FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE sealreg TO sealreg_app, sealreg_loader;

\connect sealreg
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS btree_gin;
ALTER SCHEMA public OWNER TO sealreg_owner;
