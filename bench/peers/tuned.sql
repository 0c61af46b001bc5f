-- Copyright The Gonghui Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- The same decision by one who knows where PostgreSQL waits.
--
--   A fund's budget lies in slots, each with its share.  A row is locked until its transaction
--   is on the disk; connections that name different slots do not wait for each other.  When a
--   slot has too little the others are asked, and all of them together before it is a refusal:
--   a fund is never overspent, and never refuses while it holds enough.
--   Room is left in the pages of slots and counters, so that an update stays in its page and
--   writes to no index (HOT).
--   The request is stored first, by INSERT ... ON CONFLICT: that is the look-up as well.
--   One index on what is stored, of 16 bytes an entry; a counter's row is used again the next
--   day instead of another one made.
--   authorize_many() decides an array of requests in one transaction, by sets: one statement,
--   one sync, one update of each fund.

create schema tuned;

create table tuned.fund (
  id int primary key,
  budget_fen bigint not null
);
create table tuned.fund_slot (
  fund int,
  slot int,
  left_fen bigint not null check (left_fen >= 0),
  primary key (fund, slot)
) with (fillfactor = 10);
create table tuned.usage (
  member bigint,
  rule int,
  day int not null,
  uses int not null,
  primary key (member, rule)
) with (fillfactor = 80);
create table tuned.authorization (
  request_id uuid primary key,
  member bigint,
  amount_fen bigint not null,
  member_pays_fen bigint not null,
  subsidy_fen bigint not null,
  decided_at timestamptz not null default now(),
  merchant int not null,
  rule int,
  fund int,
  code int not null,
  card text collate "C" not null
);

insert into tuned.fund select f, :budget from generate_series(1, 8) f;
insert into tuned.fund_slot
  select f, s, :budget / :slots + case when s < :budget % :slots then 1 else 0 end
  from generate_series(1, 8) f, generate_series(0, :slots - 1) s;

create type tuned.answer as (
  code int,
  member_pays_fen bigint,
  subsidy_fen bigint,
  replay boolean
);

-- For when the slot has too little: takes p_fen from wherever it lies, or nothing.  Locks in
-- the order of slots, so that two of these do not wait for each other.  Nothing is ever given
-- back, so what is committed is the most that there can be: an exhausted fund refuses without a
-- lock.
create function tuned.take_from_any(p_fund int, p_fen bigint) returns boolean
language plpgsql as $$
declare
  lying record;
  missing bigint := p_fen;
begin
  if (select sum(left_fen) from tuned.fund_slot where fund = p_fund) < p_fen then
    return false;
  end if;
  perform 1 from tuned.fund_slot where fund = p_fund order by slot for update;
  if (select sum(left_fen) from tuned.fund_slot where fund = p_fund) < p_fen then
    return false;
  end if;
  for lying in select slot, left_fen from tuned.fund_slot
               where fund = p_fund and left_fen > 0 order by left_fen desc, slot loop
    update tuned.fund_slot set left_fen = left_fen - least(missing, lying.left_fen)
      where fund = p_fund and slot = lying.slot;
    missing := missing - least(missing, lying.left_fen);
    exit when missing = 0;
  end loop;
  return true;
end $$;

-- What was answered before to p_request_id.
create function tuned.earlier(p_request_id uuid, p_card text, p_merchant int,
                              p_amount_fen bigint) returns tuned.answer
language sql stable as $$
  select case when (card, merchant, amount_fen) = (p_card, p_merchant, p_amount_fen)
              then (code, member_pays_fen, subsidy_fen, true)::tuned.answer
              else (94, 0, 0, true)::tuned.answer end
  from tuned.authorization where request_id = p_request_id
$$;

create function tuned.authorize(p_request_id uuid, p_card text, p_merchant int,
                                p_amount_fen bigint, p_slot int, p_day int) returns tuned.answer
language plpgsql as $$
declare
  answer tuned.answer := (0, 0, 0, false);
  v_member bigint;
  v_tags int;
  v_category int;
  best record;
begin
  select c.member, m.tags into v_member, v_tags
    from card c join member m on m.id = c.member
    where c.number = p_card and c.status = 1 and m.status = 1;
  if not found then
    answer.code := 14;
  else
    select category into v_category from merchant where id = p_merchant and status = 1;
    if not found then
      answer.code := 3;
    else
      select r.id, r.fund, r.uses_per_day,
             least(p_amount_fen * (100 - r.pays_percent) / 100, r.cap_fen) as subsidy
        into best from rule r
        where r.category = v_category and (r.tags & v_tags) = r.tags
        order by subsidy desc, r.id limit 1;
      if not found then
        answer.code := 57;
      end if;
    end if;
  end if;

  if answer.code <> 0 then
    insert into tuned.authorization(request_id, card, merchant, amount_fen, code,
                                    member_pays_fen, subsidy_fen)
      values (p_request_id, p_card, p_merchant, p_amount_fen, answer.code, 0, 0)
      on conflict do nothing;
    if not found then
      answer := tuned.earlier(p_request_id, p_card, p_merchant, p_amount_fen);
    end if;
    return answer;
  end if;

  insert into tuned.authorization(request_id, member, amount_fen, member_pays_fen, subsidy_fen,
                                  merchant, rule, fund, code, card)
    values (p_request_id, v_member, p_amount_fen, p_amount_fen - best.subsidy, best.subsidy,
            p_merchant, best.id, best.fund, 0, p_card)
    on conflict do nothing;
  if not found then
    return tuned.earlier(p_request_id, p_card, p_merchant, p_amount_fen);
  end if;

  insert into tuned.usage as u values (v_member, best.id, p_day, 1)
    on conflict (member, rule) do update
      set day = excluded.day,
          uses = case when u.day = excluded.day then u.uses + 1 else 1 end
      where u.day <> excluded.day or u.uses < best.uses_per_day;
  if not found then
    answer.code := 65;
  else
    update tuned.fund_slot set left_fen = left_fen - best.subsidy
      where fund = best.fund and slot = p_slot and left_fen >= best.subsidy;
    if not found and not tuned.take_from_any(best.fund, best.subsidy) then
      answer.code := 51;
      update tuned.usage set uses = uses - 1 where member = v_member and rule = best.id;
    end if;
  end if;
  if answer.code <> 0 then
    update tuned.authorization
      set code = answer.code, member = null, rule = null, fund = null,
          member_pays_fen = 0, subsidy_fen = 0
      where request_id = p_request_id;
    return answer;
  end if;
  answer.member_pays_fen := p_amount_fen - best.subsidy;
  answer.subsidy_fen := best.subsidy;
  return answer;
end $$;

-- Many at once, in one transaction; the answers in the order of the requests.  By sets as long
-- as nothing runs out; if a limit or a slot does, what was written is undone and they are decided
-- one by one.
create function tuned.authorize_many(p_request_ids uuid[], p_cards text[], p_merchants int[],
                                     p_amounts_fen bigint[], p_slot int, p_day int)
  returns setof tuned.answer
language plpgsql as $$
declare
  answers tuned.answer[];
  counted bigint;
  counters bigint;
  taken bigint;
  funds bigint;
  answered bigint;
  inserted bigint;
begin
  begin
    with asked as (
      select n, request_id, card, merchant, amount_fen
      from unnest(p_request_ids, p_cards, p_merchants, p_amounts_fen)
           with ordinality as a(request_id, card, merchant, amount_fen, n)
    ), priced as materialized (
      select a.*, c.member, r.id as rule, r.fund, r.uses_per_day,
             case when m.id is null then 14 when s.id is null then 3 when r.id is null then 57
                  else 0 end as code,
             coalesce(r.subsidy, 0) as subsidy
      from asked a
      left join card c on c.number = a.card and c.status = 1
      left join member m on m.id = c.member and m.status = 1
      left join merchant s on s.id = a.merchant and s.status = 1
      left join lateral (
        select r.id, r.fund, r.uses_per_day,
               least(a.amount_fen * (100 - r.pays_percent) / 100, r.cap_fen) as subsidy
        from rule r
        where r.category = s.category and (r.tags & m.tags) = r.tags
        order by subsidy desc, r.id limit 1) r on true
    ), stored as (
      insert into tuned.authorization(request_id, member, amount_fen, member_pays_fen,
                                      subsidy_fen, merchant, rule, fund, code, card)
      select request_id, case when code = 0 then member end, amount_fen,
             case when code = 0 then amount_fen - subsidy else 0 end, subsidy, merchant, rule,
             fund, code, card
      from priced order by request_id
      on conflict do nothing
      returning request_id, member, rule, fund, subsidy_fen, code
    ), wanted as materialized (
      select s.member, s.rule, max(r.uses_per_day) as uses_per_day, count(*)::int as uses
      from stored s join rule r on r.id = s.rule where s.code = 0
      group by s.member, s.rule
    ), used as (
      -- A row that is new checks nothing, so what is more than a day's uses must not get here.
      insert into tuned.usage as u
      select member, rule, p_day, uses from wanted where uses <= uses_per_day
      order by member, rule
      on conflict (member, rule) do update
        set day = excluded.day,
            uses = case when u.day = excluded.day then u.uses + excluded.uses
                        else excluded.uses end
        where u.day <> excluded.day
           or u.uses + excluded.uses <= (select uses_per_day from rule where id = u.rule)
      returning 1
    ), owed as materialized (
      select fund, sum(subsidy_fen)::bigint as fen from stored where code = 0 group by fund
    ), took as (
      update tuned.fund_slot f set left_fen = f.left_fen - o.fen from owed o
      where f.fund = o.fund and f.slot = p_slot and f.left_fen >= o.fen
      returning 1
    )
    select array_agg(case when s.request_id is null then null
                          else (p.code, case when p.code = 0 then p.amount_fen - p.subsidy
                                             else 0 end, p.subsidy, false)::tuned.answer end
                     order by p.n),
           (select count(*) from wanted), (select count(*) from used),
           (select count(*) from owed), (select count(*) from took),
           count(s.request_id), (select count(*) from stored)
      into answers, counters, counted, funds, taken, answered, inserted
      from priced p left join stored s on s.request_id = p.request_id;
    -- The last: a request that is in the array twice.
    if counted < counters or taken < funds or answered > inserted then
      raise exception using errcode = 'GH001';
    end if;
  exception when sqlstate 'GH001' then
    answers := null;
  end;
  if answers is null then
    return query
      select a.code, a.member_pays_fen, a.subsidy_fen, a.replay
      from unnest(p_request_ids, p_cards, p_merchants, p_amounts_fen)
             with ordinality as q(request_id, card, merchant, amount_fen, n),
           lateral tuned.authorize(q.request_id, q.card, q.merchant, q.amount_fen, p_slot,
                                   p_day) a
      order by q.n;
  elsif array_position(answers, null) is null then
    return query select * from unnest(answers);
  else
    return query
      select case when a.code is null then e.code else a.code end,
             case when a.code is null then e.member_pays_fen else a.member_pays_fen end,
             case when a.code is null then e.subsidy_fen else a.subsidy_fen end,
             case when a.code is null then e.replay else a.replay end
      from unnest(answers, p_request_ids, p_cards, p_merchants, p_amounts_fen) with ordinality
             as a(code, member_pays_fen, subsidy_fen, replay, request_id, card, merchant,
                  amount_fen, n)
           left join lateral tuned.earlier(a.request_id, a.card, a.merchant, a.amount_fen) e
             on a.code is null
      order by a.n;
  end if;
end $$;

-- As plain.books; taken is what the slots lack of the budget.  The counters have their last day
-- alone, so uses = approved only while all that is stored is of one day.
create view tuned.books as
  select f.id as fund, f.budget_fen, f.budget_fen - l.left_fen as taken_fen,
         coalesce(a.subsidy_fen, 0) as authorized_fen,
         coalesce(a.approved, 0) as approved, coalesce(u.uses, 0) as uses
  from tuned.fund f
  join (select fund, sum(left_fen)::bigint as left_fen from tuned.fund_slot group by fund) l
    on l.fund = f.id
  left join (select fund, sum(subsidy_fen)::bigint as subsidy_fen, count(*) as approved
             from tuned.authorization where code = 0 group by fund) a on a.fund = f.id
  left join (select r.fund, sum(u.uses)::bigint as uses
             from tuned.usage u join rule r on r.id = u.rule group by r.fund) u on u.fund = f.id;
