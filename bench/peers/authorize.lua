-- Copyright The Gonghui Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- Gonghui's decision in Redis 7; what lies where is told in city.lua.
--
--   EVALSHA <sha> 3 idem:<request> card:<number> merchant:<id> <day> <amount_fen>
--
-- (the day in days since 1970) decides one request and gives "code,member_pays,subsidy,replay";
-- with three keys and an amount for each of several requests it decides them in order and gives
-- an array.  Nothing runs beside a script, so what is read still holds when it is written.
--
-- Counters are read before they are written: an undo would cost two more lines of the append-only
-- file.  A fund is taken at once and given back when it did not suffice, which is rare.  Cards,
-- members and rules are strings, read by two MGETs: a call from Lua costs more than what Redis
-- does in it.  Numbers that leave Lua are made text here, by %d: Redis would print them as floating
-- point numbers of 17 digits, which costs as much as finding a key.

local call = redis.call
local day = tonumber(ARGV[1])
local count = #KEYS / 3
local found = call('MGET', unpack(KEYS))
local here = {}   -- request -> what this very call stored
local rules = {}  -- category -> unpacked

local function price(category, member_tags, packed, amount)
  local candidates = rules[category]
  if not candidates then
    candidates = cmsgpack.unpack(packed)
    rules[category] = candidates
  end
  local best, most = nil, -1
  for i = 1, #candidates do
    local rule = candidates[i]
    if bit.band(rule[6], member_tags) == rule[6] then
      local subsidy = math.min(math.floor(amount * (100 - rule[3]) / 100), rule[4])
      if subsidy > most then
        best, most = rule, subsidy
      end
    end
  end
  return best, most
end

-- Gives code, subsidy as text, fund.
local function decide(card, merchant, amount)
  local member, card_status = string.match(card or '', '^(%d+),(%d+)$')
  local shop_status, category = string.match(merchant or '', '^(%d+),(%d+)$')
  if card_status ~= '1' then
    return 14
  end
  local more = call('MGET', 'member:' .. member, 'rules:' .. (category or ''))
  local status, tags = string.match(more[1] or '', '^(%d+),(%d+)$')
  if status ~= '1' then
    return 14
  end
  if shop_status ~= '1' then
    return 3
  end
  local rule, subsidy = price(category, tonumber(tags), more[2], amount)
  if not rule then
    return 57
  end

  local counter = 'use:' .. member
  local before = tonumber(call('HGET', counter, rule[1]) or 0)
  local uses = math.floor(before / 10000000) == day and before % 10000000 or 0
  if uses >= rule[5] then
    return 65
  end
  local left, fen = 'left:' .. rule[2], string.format('%d', subsidy)
  if call('DECRBY', left, fen) < 0 then
    call('INCRBY', left, fen)
    return 51
  end
  call('HSET', counter, rule[1], string.format('%d', day * 10000000 + uses + 1))
  return 0, fen, rule[2]
end

local answers = {}
for i = 1, count do
  local idem, amount = KEYS[3 * i - 2], ARGV[i + 1]
  local content = KEYS[3 * i - 1] .. ',' .. KEYS[3 * i] .. ',' .. amount
  local earlier = here[idem] or found[3 * i - 2]
  if earlier then
    local answer, about = string.match(earlier, '^([^;]+);([^;]+);')
    answers[i] = (about == content and answer or '94,0,0') .. ',t'
  else
    local code, subsidy, fund = decide(found[3 * i - 1], found[3 * i], tonumber(amount))
    local answer = code == 0 and string.format('0,%d,%s', amount - subsidy, subsidy)
      or code .. ',0,0'
    -- A refusal is an answer too: the same request is refused for ever.
    local stored = answer .. ';' .. content .. ';' .. (fund or 0)
    call('SET', idem, stored)
    here[idem] = stored
    answers[i] = answer .. ',f'
  end
end
return count == 1 and answers[1] or answers
