"""Codes of languages: one code for each, whatever a detector or a person calls it.

The code is that of ISO 639-1 where there is one, else that of ISO 639-3, in lower case and without script or
country. Where one written language has several codes, it gets one: `no` for Bokmål and Nynorsk, `zh` for every
Chinese, and the code of the macrolanguage for the variety that one means by it (`zsm` is `ms`, `arb` is `ar`).
Codes: ISO 639-3 of SIL; varieties: its macrolanguage mappings.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

SAME = """
aa=aar ab=abk ae=ave af=afr ak=aka am=amh an=arg ar=ara as=asm av=ava ay=aym az=aze ba=bak be=bel bg=bul bi=bis bm=bam bn=ben
bo=bod br=bre bs=bos ca=cat ce=che ch=cha co=cos cr=cre cs=ces cu=chu cv=chv cy=cym da=dan de=deu dv=div dz=dzo ee=ewe el=ell
en=eng eo=epo es=spa et=est eu=eus fa=fas ff=ful fi=fin fj=fij fo=fao fr=fra fy=fry ga=gle gd=gla gl=glg gn=grn gu=guj gv=glv
ha=hau he=heb hi=hin ho=hmo hr=hrv ht=hat hu=hun hy=hye hz=her ia=ina id=ind ie=ile ig=ibo ii=iii ik=ipk io=ido is=isl it=ita
iu=iku ja=jpn jv=jav ka=kat kg=kon ki=kik kj=kua kk=kaz kl=kal km=khm kn=kan ko=kor kr=kau ks=kas ku=kur kv=kom kw=cor ky=kir
la=lat lb=ltz lg=lug li=lim ln=lin lo=lao lt=lit lu=lub lv=lav mg=mlg mh=mah mi=mri mk=mkd ml=mal mn=mon mr=mar ms=msa mt=mlt
my=mya na=nau nd=nde ne=nep ng=ndo nl=nld no=nor nr=nbl nv=nav ny=nya oc=oci oj=oji om=orm or=ori os=oss pa=pan pi=pli pl=pol
ps=pus pt=por qu=que rm=roh rn=run ro=ron ru=rus rw=kin sa=san sc=srd sd=snd se=sme sg=sag si=sin sk=slk sl=slv sm=smo sn=sna
so=som sq=sqi sr=srp ss=ssw st=sot su=sun sv=swe sw=swa ta=tam te=tel tg=tgk th=tha ti=tir tk=tuk tl=tgl tn=tsn to=ton tr=tur
ts=tso tt=tat tw=twi ty=tah ug=uig uk=ukr ur=urd uz=uzb ve=ven vi=vie vo=vol wa=wln wo=wol xh=xho yi=yid yo=yor za=zha zh=zho
zu=zul
"""
"""The codes of ISO 639-1, each with its code in ISO 639-3. `nb` and `nn` are `no`; `sh` was withdrawn in 2000."""

VARIETIES = """
ar=arb,apc,apd,acm,acq,acw,aeb,afb,ajp,ars,ary,arz,ayh,ayl,ayn az=azj et=ekk fa=pes,prs ff=fuv gn=gug iu=ike,ikt ku=kmr
lv=lvs mg=plt mn=khk ms=zlm,zsm ne=npi no=nb,nn,nno,nob om=gaz or=ory ps=pbt,pbu,pst qu=quy,quz sq=als sw=swc,swh tl=fil
uz=uzn,uzs yi=ydd zh=cdo,cjy,cmn,cnp,cpx,csp,czh,czo,gan,hak,hsn,lzh,mnp,nan,wuu,yue
"""
"""Codes of varieties that are written as one language, or that a plain text does not tell apart."""

OLD = """
he=iw id=in yi=ji jv=jw ro=mo bho=bh,bih bo=tib cs=cze cy=wel de=ger el=gre eu=baq fa=per fr=fre hy=arm is=ice ka=geo mi=mao mk=mac ms=may
my=bur nl=dut ro=rum sk=slo sq=alb zh=chi
"""
"""Codes that were withdrawn, and bibliographic ones of ISO 639-2, that people and detectors still write."""

NAMES = """
en=english de=german fr=french es=spanish it=italian pt=portuguese nl=dutch no=norwegian da=danish sv=swedish fi=finnish
is=icelandic pl=polish cs=czech sk=slovak sl=slovenian hr=croatian sr=serbian bs=bosnian mk=macedonian bg=bulgarian ro=romanian
ru=russian uk=ukrainian be=belarusian lt=lithuanian lv=latvian et=estonian hu=hungarian el=greek tr=turkish ar=arabic he=hebrew
fa=persian ur=urdu hi=hindi bn=bengali ta=tamil te=telugu mr=marathi gu=gujarati pa=punjabi th=thai vi=vietnamese id=indonesian
ms=malay tl=tagalog zh=chinese ja=japanese ko=korean sw=swahili ca=catalan eu=basque gl=galician ga=irish cy=welsh la=latin
ja=jp ko=kr zh=cn el=gr cs=cz sv=se da=dk uk=ua
"""
"""What people write instead of a code: names of languages, and countries where those are no codes of languages."""


def _pairs(table: str) -> dict[str, str]:
    return {other: code for pair in table.split() for code, _, others in [pair.partition("=")] for other in others.split(",")}


_ISO = _pairs(SAME)
_CODES = _ISO | _pairs(VARIETIES) | _pairs(OLD)
_WORDS = _pairs(NAMES)
_CODE = re.compile(r"[a-z]{2,3}")


def code_of(label: str) -> str:
    """The one code for a language that a label means: `eng`, `eng_Latn`, `__label__en`, `zh-Hant`, `sr-ME`, `iw`.

    A label that does not begin with a code of two or three letters is given back as it is, in lower case."""
    head = re.split(r"[-_]", label.removeprefix("__label__").lower(), maxsplit=1)[0]
    return _CODES.get(head, head if _CODE.fullmatch(head) else label.lower())


def is_code(code: str) -> bool:
    """Whether it is written as `code_of` gives it: a code of ISO 639-1, or three letters for which there is none."""
    return code in _ISO.values() or (len(code) == 3 and code_of(code) == code and bool(_CODE.fullmatch(code)))


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known code that was probably meant by a word that is none: `eng`, `English`, `nb`, `zh-Hant`, `jp`."""
    lower = word.strip().lower()
    close = next(iter(get_close_matches(lower, _WORDS, n=1, cutoff=0.8)), "")
    return next((code for code in (code_of(lower), _WORDS.get(lower), _WORDS.get(close)) if code in known), None)
