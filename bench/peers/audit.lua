-- Copyright The Gonghui Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- A part of the books: what some of the stored answers and counters add up to.
--
--   EVALSHA <sha> 0 <cursor>
--
-- gives the next cursor ("0" when it was the last part) and for each of the eight funds
-- subsidies in fen, approvals and counted uses, which are the last day's alone: they agree with
-- the approvals while all that is stored is of one day.  Nothing may write meanwhile.  SCAN gives a key
-- twice only when the keyspace shrinks, and nothing is deleted here.

local sums = {}
for i = 1, 24 do
  sums[i] = 0
end
local part = redis.call('SCAN', ARGV[1], 'COUNT', 5000)
local stored = {}
for _, key in ipairs(part[2]) do
  if string.sub(key, 1, 5) == 'idem:' then
    stored[#stored + 1] = key
  elseif string.sub(key, 1, 4) == 'use:' then
    local counters = redis.call('HGETALL', key)
    for i = 1, #counters, 2 do
      local fund = math.floor((tonumber(counters[i]) - 1) / 3) + 1
      sums[3 * fund] = sums[3 * fund] + tonumber(counters[i + 1]) % 10000000
    end
  end
end
local answers = #stored > 0 and redis.call('MGET', unpack(stored)) or {}
for _, answer in ipairs(answers) do
  local subsidy, fund = string.match(answer, '^0,%d+,(%d+);[^;]+;(%d+)$')
  if subsidy then
    local at = 3 * tonumber(fund)
    sums[at - 2] = sums[at - 2] + tonumber(subsidy)
    sums[at - 1] = sums[at - 1] + 1
  end
end
return {part[1], unpack(sums)}
