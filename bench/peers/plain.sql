-- Copyright The Gonghui Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- A stored function as it is written first: look the request up, look at what it is about,
-- count, take, insert.  Right, durable, and as fast as one row for each fund lets it be: the
-- row is locked until its transaction is on the disk.

create schema plain;

create table plain.fund (
  id int primary key,
  budget_fen bigint not null,
  spent_fen bigint not null
);
create table plain.usage (
  member bigint,
  rule int,
  day int,
  uses int not null,
  primary key (member, rule, day)
);
create table plain.authorization (
  id bigserial primary key,
  request_id text not null unique,
  card text not null,
  member bigint,
  merchant int not null,
  rule int,
  fund int,
  amount_fen bigint not null,
  code int not null,
  member_pays_fen bigint not null,
  subsidy_fen bigint not null,
  decided_at timestamptz not null default now()
);

insert into plain.fund select f, :budget, 0 from generate_series(1, 8) f;

-- p_day: days since 1970, told by whoever asks, as Redis is told it.  The clock's would begin the
-- counters anew in the middle of a run at midnight.
-- code: 0 approved, 3 merchant, 14 card or member, 51 fund, 57 no rule, 65 limit, 94 the
-- request_id was used with other content.
create function plain.authorize(
  p_request_id text, p_card text, p_merchant int, p_amount_fen bigint, p_slot int,
  p_day int, out code int, out member_pays_fen bigint, out subsidy_fen bigint, out replay boolean)
language plpgsql as $$
declare
  earlier record;
  holder record;
  shop record;
  best record;
begin
  replay := false;
  code := 0;
  member_pays_fen := 0;
  subsidy_fen := 0;

  select * into earlier from plain.authorization a where a.request_id = p_request_id;
  if found then
    replay := true;
    if (earlier.card, earlier.merchant, earlier.amount_fen)
       is distinct from (p_card, p_merchant, p_amount_fen) then
      code := 94;
      return;
    end if;
    code := earlier.code;
    member_pays_fen := earlier.member_pays_fen;
    subsidy_fen := earlier.subsidy_fen;
    return;
  end if;

  select c.member, c.status as card_status, m.status, m.tags into holder
    from card c join member m on m.id = c.member where c.number = p_card;
  if not found or holder.card_status <> 1 or holder.status <> 1 then
    code := 14;
  end if;
  if code = 0 then
    select m.status, m.category into shop from merchant m where m.id = p_merchant;
    if not found or shop.status <> 1 then
      code := 3;
    end if;
  end if;
  if code = 0 then
    select r.id, r.fund, r.uses_per_day,
           least(p_amount_fen * (100 - r.pays_percent) / 100, r.cap_fen) as subsidy
      into best from rule r
      where r.category = shop.category and (r.tags & holder.tags) = r.tags
      order by subsidy desc, r.id limit 1;
    if not found then
      code := 57;
    end if;
  end if;
  if code = 0 then
    insert into plain.usage as u values (holder.member, best.id, p_day, 1)
      on conflict (member, rule, day) do update set uses = u.uses + 1
      where u.uses < best.uses_per_day;
    if not found then
      code := 65;
    end if;
  end if;
  if code = 0 then
    update plain.fund f set spent_fen = f.spent_fen + best.subsidy
      where f.id = best.fund and f.spent_fen + best.subsidy <= f.budget_fen;
    if not found then
      code := 51;
      update plain.usage u set uses = u.uses - 1
        where u.member = holder.member and u.rule = best.id and u.day = p_day;
    end if;
  end if;

  -- A refusal is an answer too: the same request is refused for ever.
  if code = 0 then
    member_pays_fen := p_amount_fen - best.subsidy;
    subsidy_fen := best.subsidy;
    insert into plain.authorization(request_id, card, member, merchant, rule, fund, amount_fen,
                                    code, member_pays_fen, subsidy_fen)
      values (p_request_id, p_card, holder.member, p_merchant, best.id, best.fund, p_amount_fen,
              0, member_pays_fen, subsidy_fen);
  else
    insert into plain.authorization(request_id, card, merchant, amount_fen, code,
                                    member_pays_fen, subsidy_fen)
      values (p_request_id, p_card, p_merchant, p_amount_fen, code, 0, 0);
  end if;
end $$;

-- What each fund holds beside what the stored authorizations say, and the counters beside
-- their number.  Right when taken = authorized, taken <= budget, and uses = approved.
create view plain.books as
  select f.id as fund, f.budget_fen, f.spent_fen as taken_fen,
         coalesce(a.subsidy_fen, 0) as authorized_fen,
         coalesce(a.approved, 0) as approved, coalesce(u.uses, 0) as uses
  from plain.fund f
  left join (select fund, sum(subsidy_fen)::bigint as subsidy_fen, count(*) as approved
             from plain.authorization where code = 0 group by fund) a on a.fund = f.id
  left join (select r.fund, sum(u.uses)::bigint as uses
             from plain.usage u join rule r on r.id = u.rule group by r.fund) u on u.fund = f.id;
