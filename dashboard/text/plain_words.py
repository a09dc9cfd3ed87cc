"""The allowlist of English words for a reworded summary, in addition to the words of the summary itself. Pure.

Any other word is refused: foreign words, invented numbers such as "zillion", units, market symbols, names of sites.
"""

_WORDS = """
a about above across activity actual added advance advanced advances after again against ahead alert align aligned
all almost along alongside already also although always am among an analysis and annual annualised annualized
another any anything appear appeared appearing appears are around as aside assessment asset at average averaged
averages away back balance balanced band bands bar based be bearish beat beaten beats because been before began
begin begins begun behind being below beneath beside besides best better between beyond both bottom bounds breach
broad broadly bullish but by calculated calm came can can't cannot carried carries carry center centered centre
centred chance change changed changing chart charts chosen clear clearly climb climbed climbing climbs close closed
closely closer closing come comes comfortably coming company compare compared compares comparing comparison complete
completed condition conditions confidence considered consistent contain contained containing contains context
continue continued continues continuing correct could couldn't cover covered covering covers currency current
currently data date decline declined declines declining decrease decreased did didn't difference direction distinct
distinguishable distinguished do does doesn't doing don't done down downward downwards drop dropped dropping drops
 during each earlier early edge edged edges edging either elevated else end ended ending ends equal error
estimate estimated estimates even ever every everything evidence exact exactly exceed exceeded exceeds except expect
expectation expected expects extend extended extending extends fall fallen falling falls far fared fell few fewer
figure figures final finished firm fit fits flag flagged flagging flags flat fluctuation follow followed following
follows for forecast forecasted forecasting found from further future gain gained gaining gains general generally
get gets give given gives giving go goes going gone good gradual gradually greater had hadn't has hasn't have
haven't having held here high higher highest hit hits hold holding holds hover hovered hovering hovers how however
identical if improve improved improvement improves in include included includes including increase increased
increases indeed indicate indicated indicates indicating indicator indicators initial instead interval into is isn't
it its itself just keep keeping keeps kept known lack lacks large largely larger last lately later latest lay lean
leaning leans least leave left less level levels lie lies like likely likewise limit line little long longer look
looking looks loss losses low lower lowest made mainly make makes making many marked market marking marks match
matched matches matching may mean meaning means meanwhile measure measured measures merely method middle might mild
mildly missing mixed model moderate modest modestly moment momentum more most mostly move moved movement movements
moves moving much must naive narrow near nearly neither neutral never new newer newest next no none nor normal not
note noted notes nothing noting now observation observed occur occurred occurring occurs of off offer offered offers
often old on only onto open opened or other others otherwise out outlook outperform outperformed outside over
overall overbought oversold own particular past pattern pause per performance performed perhaps picture place placed
pointed pointing position positioned positive possible predicted prediction predicts pressure previous previously
price priced prior projected projects proved proven pull pullback pulled push pushed pushing quiet quite raised
range ranging rate rather reach reached reaches reaching read reading reads recent recently recorded reflect
reflected reflecting reflects relative relatively remain remained remaining remains report reported rest result
resulted results retreat retreated rise risen rises rising rose roughly run running runs said same say saying says
security see seen sentiment session set settle settled settling setup several shall sharp sharply shift short should
show showed showing shown shows side sign signal signaled signaling signalled signalling signals signs similar
simple simply since sit sits sitting skill slight slightly slip slipped slips slower small smaller so some something
somewhat soon stable stand standing stands state statistical stay stayed staying stays steadily steady still stock
stood strength stretch strong stronger strongly such suggest suggested suggests summary support take taken takes
tell tells term territory tested tests than that the their them then there therefore these they thing things this
those though threshold through throughout thus time to today together too took top total touched toward towards
track tracked tracks trade traded trading trend trending trends trigger triggered typical typically uncertain
unchanged under understood unknown unlike until unusual unusually up upcoming upon upper upside upward upwards use
used uses using usual usually value valued very view volatile volatility volume warm was wasn't way weak weaker
weakness well went were weren't what when where whereas whether which while who whole whose wide wider will with
within without won't worse would yet you your
"""
PLAIN = frozenset(_WORDS.split())

_MEASURES = """
alerts bars candle candles cases changes closes day days forecasts hour hours minute minutes models month months
observations occasions periods point points prices quotes sessions shares step steps times trades
values week weeks year years
"""
MEASURES = frozenset(_MEASURES.split())
"""Allowed words that act as a unit after a number: the summary must then have the same number with the same word."""

SPELLED = {
  "percent": "%", "dollars": "$", "dollar": "$", "euros": "\u20ac", "euro": "\u20ac", "pounds": "\u00a3",
  "pound": "\u00a3", "yen": "\u00a5", "rupees": "\u20b9", "daily": "1d", "hourly": "1h",
}  # fmt: skip
"""Words for a sign or an interval; allowed if the summary has that sign or interval."""
