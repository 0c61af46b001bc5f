-- Copyright The Gonghui Authors
-- SPDX-License-Identifier: Apache-2.0
--
-- The city of authorize.sql in Redis.  Change both, and city.cc.
--
--   redis-cli --eval city.lua , MEMBERS_FROM MEMBERS_TO MERCHANTS BUDGET DAILY
--
--   card:<number>    "member,status"
--   member:<id>      "status,tags"
--   merchant:<id>    "status,category"
--   rules:<category> {{rule, fund, pays_percent, cap_fen, uses_per_day, tag}, ...}, MessagePack
--   budget:<fund>    fen
--   left:<fund>      fen, what is left of it
-- and by authorize.lua:
--   use:<member>     hash: rule -> day * 10,000,000 + uses
--   idem:<request>   "code,member_pays,subsidy;card,merchant,amount;fund"

local from, to, merchants = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local budget, daily = ARGV[4], tonumber(ARGV[5])

for n = from, to do
  local tags = 1
  if n % 10 == 3 then tags = tags + 2 end
  if n % 4 == 1 then tags = tags + 4 end
  redis.call('SET', 'member:' .. n, (n % 200 == 0 and 2 or 1) .. ',' .. tags)
  redis.call('SET', string.format('card:6221530%09d', n), n .. ',' .. (n % 100 == 50 and 2 or 1))
end

-- With the last members, so that a city that is not whole does not look as if it were.
for m = 1, merchants do
  redis.call('SET', 'merchant:' .. m, (m % 100 == 99 and 2 or 1) .. ',' .. m % 8)
end
local pays, caps, tags = {80, 60, 50}, {2000, 3000, 1500}, {1, 2, 4}
for c = 0, 7 do
  local rules = {}
  for t = 1, 3 do
    -- The ids as text: they become parts of keys.
    rules[t] = {tostring(3 * c + t), tostring(c + 1), pays[t], caps[t], daily, tags[t]}
  end
  redis.call('SET', 'rules:' .. c, cmsgpack.pack(rules))
  redis.call('SET', 'budget:' .. c + 1, budget)
  redis.call('SETNX', 'left:' .. c + 1, budget)
end
return redis.status_reply('OK')
