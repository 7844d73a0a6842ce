-- SPDX-License-Identifier: Apache-2.0
--
-- What one AGGFRAG payload says (RFC 9347 §2.2, §6.1), and how the fragments of inner packets are joined by ESP sequence
-- number, one stream per SPI and direction, whatever order they are captured in; and the statistics of each stream.
-- Knows nothing of Wireshark: octets are Lua strings. Lua 5.2 and newer.

local M = {}

local LENGTH_FIELD_END = {[4] = 4, [6] = 6}
local HORIZON = 4096       -- numbers below the highest for which fragments are kept
local NUMBERS = 4294967296 -- ESP shows the low 32 bits of a number only

local streams, order, known = {}, {}, {} -- by key, in order of appearance, and what is known of each payload

function M.forget()
  streams, order, known = {}, {}, {}
end

-- Length that the first octets of an inner packet tell: nil if too few are there, 0 if it cannot be.
local function stated_length(octets)
  local version = math.floor(octets:byte(1) / 16)
  if not LENGTH_FIELD_END[version] or #octets < LENGTH_FIELD_END[version] then return nil end
  if version == 6 then return 40 + octets:byte(5) * 256 + octets:byte(6) end
  local header, total = octets:byte(1) % 16 * 4, octets:byte(3) * 256 + octets:byte(4)
  return header >= 20 and total >= header and total or 0
end

-- --- reading one payload ---------------------------------------------------------------------------------------------

-- What a payload says by itself: lead (octets that belong to an earlier packet), blocks, tail, padding, faults.
function M.parse(octets, block_offset)
  local size = #octets
  local seen = {lead = math.min(block_offset, size), block_offset = block_offset, blocks = {}, pad = 0, faults = {},
                size = size, begun = 0}
  local from = block_offset
  while from < size do
    local version = math.floor(octets:byte(from + 1) / 16)
    local left = size - from
    if version == 0 then
      seen.pad = left
      seen.blocks[#seen.blocks + 1] = {type = 0, from = from, here = left, whole = true}
      break
    end
    if not LENGTH_FIELD_END[version] then
      seen.faults[#seen.faults + 1] = {"block_type", from, string.format("Block of type %d", version)}
      seen.bad = true
      break
    end
    local length = stated_length(octets:sub(from + 1, from + 6))
    if length == 0 then
      seen.faults[#seen.faults + 1] = {"block_length", from, "Lengths in the IPv4 header contradict each other"}
      seen.bad = true
      break
    end
    local here = math.min(length or left, left)
    local block = {type = version, from = from, here = here, length = length, whole = length ~= nil and length <= left}
    seen.blocks[#seen.blocks + 1] = block
    seen.begun = seen.begun + 1
    if not block.whole then seen.tail = block end
    from = from + here
  end
  seen.all_pad = block_offset == 0 and (size == 0 or seen.pad == size)
  return seen
end

-- --- joining ---------------------------------------------------------------------------------------------------------

local function new_stream(key)
  local stream = {key = key, entries = {}, waiting = {}, kept_from = 0, payloads = 0, whole = 0, all_pad = 0, pad = 0,
                  octets = 0, missing = 0, intervals = {}}
  streams[key], order[#order + 1] = stream, stream
  return stream
end

-- The number nearest to the highest one that has these low 32 bits.
local function counted_on(stream, low)
  if not stream.highest then return low end
  local number = stream.highest - stream.highest % NUMBERS + low
  if number - stream.highest > NUMBERS / 2 and number >= NUMBERS then return number - NUMBERS end
  if stream.highest - number > NUMBERS / 2 then return number + NUMBERS end
  return number
end

local function forget_old(stream)
  local from = stream.highest - HORIZON
  if from - stream.kept_from > HORIZON then
    stream.entries, stream.waiting = {}, {}
  else
    for number = stream.kept_from, from - 1 do
      stream.entries[number], stream.waiting[number] = nil, nil
    end
  end
  stream.kept_from = math.max(stream.kept_from, from)
end

-- Adds one payload to an unfinished packet. Returns "more", "whole", or why it does not fit (RFC 9347 §2.2.3).
local function add_to(chain, entry)
  if entry.broken then return "broken" end
  if entry.all_pad then return "more" end
  if entry.block_offset == 0 then
    return string.format("BlockOffset is 0 although %s of an inner packet are missing",
                         chain.need and chain.need .. " octets" or "octets")
  end
  if not chain.need then
    local begin = chain.parts[1] .. entry.lead:sub(1, 6)
    local length = stated_length(begin)
    if not length then
      if entry.block_offset <= entry.size then return "BlockOffset ends before the inner packet's length" end
      chain.parts[1] = chain.parts[1] .. entry.lead
      chain.octets = chain.octets + #entry.lead
      chain.frames[#chain.frames + 1] = entry.frame
      entry.known.lead_chain = chain
      return "more"
    end
    if length == 0 then return "Lengths in the IPv4 header contradict each other" end
    chain.length = length
    chain.need = length - chain.octets
  end
  if entry.block_offset ~= chain.need then
    return string.format("BlockOffset is %d, but %d octets of the inner packet are left", entry.block_offset, chain.need)
  end
  chain.parts[#chain.parts + 1] = entry.lead
  chain.frames[#chain.frames + 1] = entry.frame
  chain.need = chain.need - #entry.lead
  entry.known.lead_chain = chain
  return chain.need == 0 and "whole" or "more"
end

-- Follows an unfinished packet over the numbers that are there; `mine` is what is known of the payload just arrived.
local function follow(stream, chain, number, mine)
  while true do
    local entry = stream.entries[number]
    if not entry then
      stream.waiting[number] = chain
      return
    end
    local verdict = add_to(chain, entry)
    if verdict == "whole" then
      chain.octets_text, chain.parts = table.concat(chain.parts), nil
      chain.done_in = mine.frame
      mine.joined[#mine.joined + 1] = chain
      return
    end
    if verdict ~= "more" then
      chain.given_up = true
      entry.known.lead_told = verdict ~= "broken" or nil
      if verdict ~= "broken" then mine.faults[#mine.faults + 1] = {"block_offset", verdict} end
      return
    end
    number = number + 1
  end
end

-- A payload whose BlockOffset continues a packet although the one before it ended whole breaks RFC 9347 §2.2.3 too.
local function contradicts(before, after)
  return before and after and before.ends_whole and not after.broken and after.block_offset > 0
end

local function file(stream, number, seen, octets, mine)
  local entry = {frame = mine.frame, known = mine, broken = seen == nil}
  if seen then
    entry.block_offset, entry.all_pad, entry.size = seen.block_offset, seen.all_pad, seen.size
    entry.lead = octets:sub(1, seen.lead)
    local before = stream.entries[number - 1]
    entry.ends_whole = not seen.bad and not seen.tail and
        (entry.all_pad and before ~= nil and before.ends_whole == true or
         not entry.all_pad and seen.block_offset <= seen.size and seen.size > 0)
  end
  stream.entries[number] = entry
  if contradicts(stream.entries[number - 1], entry) or contradicts(entry, stream.entries[number + 1]) then
    mine.lead_told = true
    mine.faults[#mine.faults + 1] = {"block_offset", "BlockOffset continues an inner packet, but the payload before ended whole"}
  end
  local chain = stream.waiting[number]
  if chain then
    stream.waiting[number] = nil
    follow(stream, chain, number, mine)
  end
  if seen and seen.tail then
    local first = octets:sub(seen.tail.from + 1)
    local started = {parts = {first}, octets = #first, frames = {mine.frame}, length = seen.tail.length,
                     need = seen.tail.length and seen.tail.length - #first}
    mine.tail_chain = started
    follow(stream, started, number + 1, mine)
  end
end

-- Takes a payload up the first time that it is seen, and later says what it said then. `low` are the 32 bits of its number
-- that ESP shows, `time` is in seconds; `seen` is nil for a payload that cannot be read.
function M.take_up(outer, low, frame, time, seen, octets)
  local key = outer .. " " .. low .. " " .. frame
  if known[key] then return known[key] end
  local stream = streams[outer] or new_stream(outer)
  local number = counted_on(stream, low)
  local mine = {frame = frame, number = number, faults = {}, joined = {}, gap = 0}
  known[key] = mine
  if not stream.highest then stream.kept_from = number - HORIZON end
  if stream.entries[number] then
    mine.lead_told = true
    mine.faults[1] = {"duplicate", "Number " .. string.format("%.0f", number) .. " was in frame " .. stream.entries[number].frame}
    return mine
  end
  if stream.highest and number > stream.highest + 1 then
    mine.gap = number - stream.highest - 1
    stream.missing = stream.missing + mine.gap
  elseif stream.highest and number < stream.highest then
    mine.late = true
    stream.missing = math.max(stream.missing - 1, 0)
  end
  stream.highest = math.max(stream.highest or number, number)
  if stream.last_time then
    mine.interval = time - stream.last_time
    stream.intervals[#stream.intervals + 1] = mine.interval
  end
  stream.last_time = time
  forget_old(stream)
  if number >= stream.kept_from then file(stream, number, seen, octets, mine) end
  stream.payloads = stream.payloads + 1
  if seen then
    stream.pad, stream.octets = stream.pad + seen.pad, stream.octets + seen.size
    stream.all_pad = stream.all_pad + (seen.all_pad and 1 or 0)
    stream.whole = stream.whole + #mine.joined
    for _, block in ipairs(seen.blocks) do
      if block.type ~= 0 and block.whole then stream.whole = stream.whole + 1 end
    end
  end
  return mine
end

-- --- statistics ------------------------------------------------------------------------------------------------------

local function share(part, whole) return whole > 0 and 100 * part / whole or 0 end

local function interval_text(intervals)
  if #intervals == 0 then return "no interval" end
  local sorted, sum, squares = {}, 0, 0
  for i, one in ipairs(intervals) do
    sorted[i], sum, squares = one, sum + one, squares + one * one
  end
  table.sort(sorted)
  local mean = sum / #sorted
  local deviation = math.sqrt(math.max(squares / #sorted - mean * mean, 0))
  local function rank(part) return sorted[math.max(1, math.ceil(part * #sorted))] * 1e6 end
  return string.format("mean %.3f us, deviation %.3f, min %.3f, p50 %.3f, p99 %.3f, max %.3f", mean * 1e6, deviation * 1e6,
                       rank(0), rank(0.5), rank(0.99), rank(1))
end

function M.statistics()
  local lines = {}
  for _, stream in ipairs(order) do
    lines[#lines + 1] = stream.key
    lines[#lines + 1] = string.format("  payloads %d, numbers missing %d", stream.payloads, stream.missing)
    lines[#lines + 1] = string.format("  inner packets %d, %.3f per payload", stream.whole,
                                      stream.payloads > 0 and stream.whole / stream.payloads or 0)
    lines[#lines + 1] = string.format("  all-pad payloads %d (%.2f %%)", stream.all_pad, share(stream.all_pad, stream.payloads))
    lines[#lines + 1] = string.format("  pad octets %d (%.2f %% of %d)", stream.pad, share(stream.pad, stream.octets),
                                      stream.octets)
    lines[#lines + 1] = "  intervals: " .. interval_text(stream.intervals)
  end
  return #lines > 0 and table.concat(lines, "\n") or "no AGGFRAG payload"
end

return M
