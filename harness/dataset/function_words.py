"""Words that say nothing of what a text is about: articles, prepositions, pronouns, auxiliaries.

By hand, of the languages that titles and captions are mostly written in. Of another language these
words count as any other; then texts have them in common, and ``off_topic`` finds less.
"""

from __future__ import annotations

_WORDS = """
a about above across after all along also am among an and another any are around as at away back be
because been before behind being below beneath beside between beyond both but by can could did do
does doing down during each either every few for from had has have having he her here him his how i
if in inside into is it its itself just like many may might more most much must my near next no nor
not of off on one onto or other our out outside over own per she should since so some something such
than that the their them then there these they this those three through to too toward towards two
under until up upon us very via was we were what when where which while who whom whose why will with
within without would yet you your

à au aux avec ce ces cette chez comme dans de des du elle elles en est et eux il ils je la le les
leur leurs mais ne nous on ou où par pas pour qu que qui sa sans se ses son sont sous sur un une
vers vous y

al ante bajo como con contra del desde e el ella ellos entre era es esa ese eso esta está este esto
fue ha hacia hasta las lo los más muy ni o para pero por porque sin sobre son su sus también u una
uno unos unas

ai agli alla alle allo che da dai dal dalla degli dei del della delle dello di fra gli ha i il lo
ma nei nel nella nelle non per più questa questo si sono su sugli sul sulla tra uno

ao aos às com da das do dos ela ele em entre essa esse esta este eu foi isso já mais mas na nas
não nem no nos num numa os ou para pela pelo por quando que se sem ser seu sua também um uma

als am an auf aus bei beim bis das dass dem den der des die durch ein eine einem einen einer eines
er es für gegen hat ihr im ins ist mit nach nicht oder sein sich sie sind so über um und unter vom
von vor war wie wir wird zu zum zur zwischen

aan bij dan dat deze die door een en er het hij hun ik in is maar met naar niet nog of om onder ook
op te tot uit van voor was wat werd wij ze zij zijn

av att den det ett från för har i inte jag med när och om på sig som till var över

af der det et for fra har ikke med og om på som til ved

ale czy dla do i jak jest na nie o od oraz po pod przez przy się są to w z za ze że

bir bu da de ile için ve

dan dari dengan di ini itu ke pada untuk yang

và với của một cho trong là các
"""

FUNCTION_WORDS = frozenset(_WORDS.split())
"""In small letters."""
