-- Copyright The Gonghui Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- Gonghui's decision in PostgreSQL 15: the city that is asked about, and two ways to decide.
--
--   psql -v members=1000000 -v merchants=5000 -v budget=100000000000 -v daily=1000
--        -v slots=128 -f authorize.sql
--
-- plain.sql is what a good developer writes first, tuned.sql what is left to be done by one
-- who knows where PostgreSQL waits.  Both read the tables of this file and keep their own
-- funds, counters and authorizations.
--
-- The city is told once more in city.lua (Redis) and in city.cc, which checks every answer.
-- Change it in all three.

\set ON_ERROR_STOP on
\if :{?members}   \else \set members 1000000        \endif
\if :{?merchants} \else \set merchants 5000         \endif
\if :{?budget}    \else \set budget 100000000000    \endif
\if :{?daily}     \else \set daily 1000             \endif
\if :{?slots}     \else \set slots 128              \endif
set client_min_messages = warning;

-- status: 1 active.  tags: bit 0 everybody, bit 1 model workers, bit 2 new forms of employment.
create table member (
  id bigint primary key,
  status smallint not null,
  tags int not null
);
create table card (
  number text collate "C" primary key,
  member bigint not null,
  status smallint not null
);
create table merchant (
  id int primary key,
  status smallint not null,
  category smallint not null
);
-- Three for each of eight categories, as in bench/workload.yaml.
create table rule (
  id int primary key,
  fund int not null,
  category smallint not null,
  pays_percent int not null,
  cap_fen bigint not null,
  uses_per_day int not null,
  tags int not null
);

insert into member
  select n, case when n % 200 = 0 then 2 else 1 end,
         1 + case when n % 10 = 3 then 2 else 0 end + case when n % 4 = 1 then 4 else 0 end
  from generate_series(1, :members) n;
insert into card
  select '6221530' || lpad(n::text, 9, '0'), n, case when n % 100 = 50 then 2 else 1 end
  from generate_series(1, :members) n;
insert into merchant
  select m, case when m % 100 = 99 then 2 else 1 end, m % 8
  from generate_series(1, :merchants) m;
insert into rule
  select 1 + 3 * c + t, c + 1, c, (array[80, 60, 50])[t + 1], (array[2000, 3000, 1500])[t + 1],
         :daily, (array[1, 2, 4])[t + 1]
  from generate_series(0, 7) c, generate_series(0, 2) t;

\ir plain.sql
\ir tuned.sql

-- No hint bit, visibility map or statistic is left for the first round to make.
vacuum (analyze, freeze);
