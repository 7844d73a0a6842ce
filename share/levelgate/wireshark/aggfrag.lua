-- SPDX-License-Identifier: Apache-2.0
--
-- Wireshark dissector for AGGFRAG payloads of ESP (RFC 9347 §2.2, §6.1), for Wireshark and tshark 4.0 and newer.
-- The ESP dissector calls it for next header 144 once it can decrypt (preferences esp.enable_encryption_decode and the
-- table esp_sa; `levelgate keylog` writes that). Fragments of inner packets are joined by ESP sequence number, one stream
-- per SPI and direction; what was learnt of a payload is remembered, so that every later pass shows the same. That part is
-- aggfrag_streams.lua, which must lie beside this file.
-- Hostile octets give expert information, never a Lua error: no range is taken before its length is known.

local HEADER_OCTETS = {[0] = 4, [1] = 24}

local aggfrag = Proto("aggfrag", "Aggregation and Fragmentation Payload (IP-TFS)")

local block_types = {[0] = "Pad", [4] = "IPv4", [6] = "IPv6"}
local f = {
  sub_type = ProtoField.uint8("aggfrag.sub_type", "Sub-type", base.DEC,
                              {[0] = "Non-Congestion-Control", [1] = "Congestion-Control"}),
  reserved = ProtoField.uint8("aggfrag.reserved", "Reserved", base.HEX),
  flags_reserved = ProtoField.uint8("aggfrag.flags.reserved", "Reserved", base.HEX, nil, 0xfc),
  p = ProtoField.bool("aggfrag.flags.p", "P (path MTU probing)", 8, nil, 0x02),
  e = ProtoField.bool("aggfrag.flags.e", "E (ECN counted in the loss event rate)", 8, nil, 0x01),
  block_offset = ProtoField.uint16("aggfrag.block_offset", "BlockOffset", base.DEC),
  loss_event_rate = ProtoField.uint32("aggfrag.loss_event_rate", "LossEventRate (inverse; 0: no loss)", base.DEC),
  rtt = ProtoField.uint32("aggfrag.rtt", "RTT (microseconds)", base.DEC),
  echo_delay = ProtoField.uint32("aggfrag.echo_delay", "Echo Delay (microseconds)", base.DEC),
  transmit_delay = ProtoField.uint32("aggfrag.transmit_delay", "Transmit Delay (microseconds)", base.DEC),
  tval = ProtoField.uint32("aggfrag.tval", "TVal", base.HEX),
  techo = ProtoField.uint32("aggfrag.techo", "TEcho", base.HEX),
  block = ProtoField.bytes("aggfrag.block", "Data block"),
  block_type = ProtoField.uint8("aggfrag.block.type", "Type", base.DEC, block_types, 0xf0),
  block_length = ProtoField.uint32("aggfrag.block.length", "Octets of the inner packet", base.DEC),
  block_here = ProtoField.uint32("aggfrag.block.here", "Octets of it in this payload", base.DEC),
  inner = ProtoField.bytes("aggfrag.inner", "Inner packet"),
  fragment = ProtoField.bytes("aggfrag.fragment", "Rest of an inner packet"),
  reassembled_in = ProtoField.framenum("aggfrag.reassembled_in", "Joined in frame", base.NONE, frametype.NONE),
  reassembled_from = ProtoField.framenum("aggfrag.reassembled_from", "Fragment in frame", base.NONE, frametype.NONE),
  reassembled_length = ProtoField.uint32("aggfrag.reassembled.length", "Joined inner packet, octets", base.DEC),
  data_octets = ProtoField.uint32("aggfrag.data_octets", "Octets of data blocks", base.DEC),
  inner_begun = ProtoField.uint32("aggfrag.inner_begun", "Inner packets that begin here", base.DEC),
  inner_whole = ProtoField.uint32("aggfrag.inner_whole", "Inner packets that are whole here", base.DEC),
  pad_octets = ProtoField.uint32("aggfrag.pad_octets", "Pad octets", base.DEC),
  all_pad = ProtoField.bool("aggfrag.all_pad", "Nothing but padding"),
  number = ProtoField.string("aggfrag.number", "ESP number, counted on over 32 bits"),
  interval = ProtoField.relative_time("aggfrag.interval", "Since the payload before"),
  gap = ProtoField.uint32("aggfrag.gap", "Numbers missing before this one", base.DEC),
}
aggfrag.fields = f

local x = {
  short = ProtoExpert.new("aggfrag.expert.short", "Payload is shorter than its header", expert.group.MALFORMED,
                          expert.severity.ERROR),
  cut = ProtoExpert.new("aggfrag.expert.cut", "Payload is not captured whole", expert.group.UNDECODED,
                        expert.severity.WARN),
  sub_type = ProtoExpert.new("aggfrag.expert.sub_type", "Unknown sub-type", expert.group.UNDECODED,
                             expert.severity.ERROR),
  reserved = ProtoExpert.new("aggfrag.expert.reserved", "Reserved bits are set", expert.group.PROTOCOL,
                             expert.severity.NOTE),
  empty = ProtoExpert.new("aggfrag.expert.empty", "No data blocks", expert.group.PROTOCOL, expert.severity.NOTE),
  block_offset = ProtoExpert.new("aggfrag.expert.block_offset", "Wrong BlockOffset", expert.group.PROTOCOL,
                                 expert.severity.ERROR),
  block_type = ProtoExpert.new("aggfrag.expert.block_type", "Unknown block type", expert.group.PROTOCOL,
                               expert.severity.ERROR),
  block_length = ProtoExpert.new("aggfrag.expert.block_length", "Impossible length of an inner packet",
                                 expert.group.MALFORMED, expert.severity.ERROR),
  pad = ProtoExpert.new("aggfrag.expert.pad", "Padding is not zero", expert.group.PROTOCOL, expert.severity.NOTE),
  orphan = ProtoExpert.new("aggfrag.expert.orphan", "The begin of this inner packet is not here",
                           expert.group.SEQUENCE, expert.severity.NOTE),
  gap = ProtoExpert.new("aggfrag.expert.gap", "Numbers are missing", expert.group.SEQUENCE, expert.severity.WARN),
  late = ProtoExpert.new("aggfrag.expert.late", "Out of order", expert.group.SEQUENCE, expert.severity.NOTE),
  duplicate = ProtoExpert.new("aggfrag.expert.duplicate", "This number was here before", expert.group.SEQUENCE,
                              expert.severity.WARN),
  no_number = ProtoExpert.new("aggfrag.expert.no_number", "No ESP number: fragments are not joined",
                              expert.group.SEQUENCE, expert.severity.NOTE),
}
do
  local all = {}
  for _, one in pairs(x) do all[#all + 1] = one end
  aggfrag.experts = all
end

aggfrag.prefs.statistics = Pref.bool("Print statistics", false, "tshark prints the statistics of each stream at the end")

local esp_spi, esp_sequence = Field.new("esp.spi"), Field.new("esp.sequence")
local inner_dissector = {[4] = Dissector.get("ip"), [6] = Dissector.get("ipv6")}

-- As a plugin and by -X lua_script alike: __DIR__ is not set in both in every version.
local here = debug.getinfo(1, "S").source:match("^@?(.*)[/\\]")
local streams = dofile(here .. "/aggfrag_streams.lua")

-- --- showing ---------------------------------------------------------------------------------------------------------

-- An inner packet may be anything; what its dissectors find wrong is theirs to say, and the next one is still shown.
local function show_inner(tvb, pinfo, root)
  local version = math.floor(tvb(0, 1):uint() / 16)
  pinfo.cols.info:append(" | ")
  pinfo.cols.info:fence()
  pcall(function() inner_dissector[version]:call(tvb, pinfo, root) end)
end

local function show_joined(chain, pinfo, tree, root)
  local tvb = ByteArray.new(chain.octets_text, true):tvb("Joined inner packet")
  local branch = tree:add(f.inner, tvb:range())
  branch:set_text(string.format("Inner packet of %d octets, joined from %d payloads", #chain.octets_text, #chain.frames))
  branch:add(f.reassembled_length, #chain.octets_text):set_generated()
  for _, frame in ipairs(chain.frames) do branch:add(f.reassembled_from, frame):set_generated() end
  show_inner(tvb, pinfo, root)
end

local function joined_elsewhere(chain, branch)
  if chain and chain.done_in then branch:add(f.reassembled_in, chain.done_in):set_generated() end
end

local function show_header(tvb, tree, sub_type)
  tree:add(f.sub_type, tvb(0, 1))
  local reserved = tvb(1, 1):uint()
  if sub_type == 0 then
    local item = tree:add(f.reserved, tvb(1, 1))
    if reserved ~= 0 then item:add_proto_expert_info(x.reserved) end
  else
    local item = tree:add(f.flags_reserved, tvb(1, 1))
    if reserved >= 4 then item:add_proto_expert_info(x.reserved) end
    tree:add(f.p, tvb(1, 1))
    tree:add(f.e, tvb(1, 1))
  end
  local offset = tree:add(f.block_offset, tvb(2, 2))
  if sub_type == 1 then
    tree:add(f.loss_event_rate, tvb(4, 4))
    tree:add(f.rtt, tvb(8, 3), tvb(8, 8):bitfield(0, 22))
    tree:add(f.echo_delay, tvb(10, 4), tvb(8, 8):bitfield(22, 21))
    tree:add(f.transmit_delay, tvb(13, 3), tvb(8, 8):bitfield(43, 21))
    tree:add(f.tval, tvb(16, 4))
    tree:add(f.techo, tvb(20, 4))
  end
  return offset
end

local function show_lead(data, seen, mine, tree)
  if seen.lead == 0 then return end
  local branch = tree:add(f.fragment, data(0, seen.lead))
  branch:set_text(string.format("Rest of an inner packet: %d octets here, %d left before", seen.lead, seen.block_offset))
  local chain = mine and mine.lead_chain
  joined_elsewhere(chain, branch)
  if mine and not chain and not mine.lead_told then branch:add_proto_expert_info(x.orphan) end
end

local function show_block(data, block, mine, pinfo, tree, root)
  local range = data(block.from, block.here)
  local branch = tree:add(f.block, range)
  branch:add(f.block_type, data(block.from, 1))
  if block.length then branch:add(f.block_length, block.length):set_generated() end
  branch:add(f.block_here, block.here):set_generated()
  if block.type == 0 then
    branch:set_text(string.format("Padding: %d octets", block.here))
    if range:raw():find("[^%z]") then branch:add_proto_expert_info(x.pad) end
  elseif block.whole then
    branch:set_text(string.format("%s packet of %d octets", block_types[block.type], block.length))
    branch:add(f.inner, range)
    show_inner(range:tvb(), pinfo, root)
  else
    branch:set_text(string.format("Begin of an %s packet: %d octets here of %s", block_types[block.type], block.here,
                                  block.length or "a length not yet known"))
    joined_elsewhere(mine and mine.tail_chain, branch)
  end
end

local function show_numbers(seen, mine, tree)
  local whole = #(mine and mine.joined or {})
  for _, block in ipairs(seen.blocks) do whole = whole + (block.type ~= 0 and block.whole and 1 or 0) end
  tree:add(f.data_octets, seen.size):set_generated()
  tree:add(f.inner_begun, seen.begun):set_generated()
  tree:add(f.inner_whole, whole):set_generated()
  tree:add(f.pad_octets, seen.pad):set_generated()
  tree:add(f.all_pad, seen.all_pad):set_generated()
  return whole
end

local function show_place(mine, tree)
  if not mine then
    tree:add_proto_expert_info(x.no_number)
    return
  end
  tree:add(f.number, string.format("%.0f", mine.number)):set_generated()
  if mine.interval then
    local seconds = math.floor(mine.interval)
    local nanoseconds = math.floor((mine.interval - seconds) * 1e9 + 0.5)
    tree:add(f.interval, NSTime.new(seconds, nanoseconds)):set_generated()
  end
  tree:add(f.gap, mine.gap):set_generated()
  if mine.gap > 0 then
    tree:add_proto_expert_info(x.gap, string.format("%d numbers are missing before this one", mine.gap))
  end
  if mine.late then tree:add_proto_expert_info(x.late) end
  for _, fault in ipairs(mine.faults) do tree:add_proto_expert_info(x[fault[1]], fault[2]) end
end

-- Key of the stream and low 32 bits of the number, before an inner packet changes addresses.
local function whose(pinfo)
  local spis, sequences = {esp_spi()}, {esp_sequence()}
  if #spis == 0 or #sequences == 0 then return nil end
  local spi, low = spis[#spis].value, sequences[#sequences].value
  return string.format("%s > %s spi 0x%08x", tostring(pinfo.src), tostring(pinfo.dst), spi), low
end

function aggfrag.dissector(tvb, pinfo, root)
  local outer, low = whose(pinfo)
  local tree = root:add(aggfrag, tvb())
  pinfo.cols.protocol:set("AGGFRAG")
  local sub_type = tvb:len() > 0 and tvb(0, 1):uint() or 0
  local header_octets = HEADER_OCTETS[sub_type] or 4
  local fault
  if tvb:len() < tvb:reported_len() then
    fault = x.cut
  elseif tvb:len() < header_octets then
    fault = x.short
  elseif not HEADER_OCTETS[sub_type] then
    tree:add(f.sub_type, tvb(0, 1))
    fault = x.sub_type
  end
  if fault then
    tree:add_proto_expert_info(fault)
    show_place(outer and streams.take_up(outer, low, pinfo.number, pinfo.rel_ts), tree)
    pinfo.cols.info:set("AGGFRAG payload that cannot be read")
    return tvb:len()
  end
  show_header(tvb, tree, sub_type)
  local size = tvb:len() - header_octets
  local octets = size > 0 and tvb(header_octets, size):raw() or ""
  local seen = streams.parse(octets, tvb(2, 2):uint())
  local mine = outer and streams.take_up(outer, low, pinfo.number, pinfo.rel_ts, seen, octets) or nil
  show_place(mine, tree)
  if size == 0 then tree:add_proto_expert_info(x.empty) end
  local whole = show_numbers(seen, mine, tree)
  pinfo.cols.info:set(string.format("%s%d inner, BlockOffset=%d, pad=%d", seen.all_pad and "all padding, " or "", whole,
                                    seen.block_offset, seen.pad))
  if size == 0 then return tvb:len() end
  local data = tvb(header_octets, size):tvb()
  show_lead(data, seen, mine, tree)
  for _, chain in ipairs(mine and mine.joined or {}) do
    if chain ~= mine.tail_chain then show_joined(chain, pinfo, tree, root) end
  end
  for _, block in ipairs(seen.blocks) do show_block(data, block, mine, pinfo, tree, root) end
  if mine and mine.tail_chain and mine.tail_chain.done_in == pinfo.number then
    show_joined(mine.tail_chain, pinfo, tree, root)
  end
  for _, one in ipairs(seen.faults) do
    tree:add(f.block_type, data(one[2], 1)):add_proto_expert_info(x[one[1]], one[3])
  end
  pinfo.cols.protocol:set("AGGFRAG")
  return tvb:len()
end

function aggfrag.init()
  streams.forget()
end

-- --- statistics ------------------------------------------------------------------------------------------------------

if gui_enabled() then
  register_menu("AGGFRAG streams", function()
    TextWindow.new("AGGFRAG streams"):set(streams.statistics())
  end, MENU_STAT_GENERIC or MENU_STAT_UNSORTED)
else
  local at_the_end = Listener.new("frame")
  function at_the_end.draw()
    if aggfrag.prefs.statistics then print("AGGFRAG streams\n" .. streams.statistics()) end
  end
end

DissectorTable.get("ip.proto"):add(144, aggfrag)
