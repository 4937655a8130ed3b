"""A phone on pjsua2 that is told what to do by lines of JSON on standard input, and tells what happens by lines of JSON on
standard output. Run by tests/support/pjsua2.rs; the first line is the account:

  {"user": "101", "password": "…", "switch": "127.0.0.1:5060", "transport": "udp", "port": 5070, "rtp": 20000,
   "tone": "tone.wav", "record": "folder", "timer": "optional", "auto": false, "mwi": false, "tls_ca": "",
   "codec": "PCMU", "srtp": "off"}

Then {"do": "answer", "call": 0, "status": 200}, and so on: one method of Phone each.
"""

import json
import os
import queue
import sys
import threading

import pjsua2 as pj


def tell(kind, **more):
    print(json.dumps({"event": kind, **more}), flush=True)


class Call(pj.Call):
    def __init__(self, phone, call_id=pj.PJSUA_INVALID_ID):
        super().__init__(phone.account, call_id)
        self.phone = phone
        self.recorder = None
        self.player = None

    def onCallState(self, prm):
        info = self.getInfo()
        tell("call", call=info.id, state=info.stateText, status=info.lastStatusCode, reason=info.lastReason,
             remote=info.remoteUri)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            # The recording is complete when the recorder is gone.
            self.recorder = None
            self.player = None
            tell("ended", call=info.id, status=info.lastStatusCode)

    def onCallMediaState(self, prm):
        # To be kept in a variable: the list of media belongs to it.
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            tell("media", call=info.id, status=media.status, direction=media.dir)
            if media.status in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD):
                audio = self.getAudioMedia(index)
                if self.recorder is None:
                    self.recorder = pj.AudioMediaRecorder()
                    self.recorder.createRecorder(os.path.join(self.phone.record, f"call-{info.id}.wav"))
                    self.player = pj.AudioMediaPlayer()
                    self.player.createPlayer(self.phone.tone)
                self.player.startTransmit(audio)
                audio.startTransmit(self.recorder)

    def onDtmfDigit(self, prm):
        tell("digit", digit=prm.digit)

    def onCallTransferStatus(self, prm):
        tell("transfer", status=prm.statusCode, final=prm.finalNotify)

    def onCallTsxState(self, prm):
        tsx = prm.e.body.tsxState
        if tsx.type == pj.PJSIP_EVENT_RX_MSG:
            tell("message", text=tsx.src.rdata.wholeMsg)


class Account(pj.Account):
    def __init__(self, phone):
        super().__init__()
        self.phone = phone

    def onRegState(self, prm):
        tell("registered" if prm.code == 200 and prm.expiration > 0 else "unregistered", status=prm.code)

    def onIncomingCall(self, prm):
        call = Call(self.phone, prm.callId)
        self.phone.calls[prm.callId] = call
        tell("incoming", call=prm.callId, text=prm.rdata.wholeMsg)
        if self.phone.auto:
            self.phone.answer({"call": prm.callId})

    def onMwiInfo(self, prm):
        tell("mwi", text=prm.rdata.wholeMsg)


class Buddy(pj.Buddy):
    def onBuddyState(self):
        info = self.getInfo()
        tell("presence", uri=info.uri, status=info.presStatus.status, text=info.presStatus.statusText,
             state=info.subStateName)

    def onBuddyDlgEventState(self):
        info = self.getInfo()
        tell("dialog", uri=info.uri, text=str(info.presStatus.statusText))


class Phone:
    def __init__(self, setup):
        self.tone, self.record, self.auto = setup["tone"], setup["record"], setup.get("auto", False)
        self.switch, self.transport = setup["switch"], setup.get("transport", "udp")
        self.calls, self.buddies = {}, {}
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = 0
        config.logConfig.filename = os.path.join(self.record, "pjsua.log")
        config.logConfig.level = 5
        config.logConfig.msgLogging = 1
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
        config.medConfig.ecOptions, config.medConfig.noVad = 0, True
        self.endpoint.libInit(config)
        self.endpoint.audDevManager().setNullDev()
        kinds = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
        transport = pj.TransportConfig()
        transport.port, transport.boundAddress = setup["port"], "127.0.0.1"
        if self.transport == "tls":
            transport.tlsConfig.CaListFile = setup.get("tls_ca", "")
            transport.tlsConfig.verifyServer = True
        self.endpoint.transportCreate(kinds[self.transport], transport)
        self.endpoint.libStart()
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith(setup.get("codec", "PCMU")) else 0)
        self.account = Account(self)
        account = pj.AccountConfig()
        parameter = "" if self.transport == "udp" else f";transport={self.transport}"
        account.idUri = f"sip:{setup['user']}@denwaban"
        account.regConfig.registrarUri = f"sip:{self.switch}{parameter}"
        account.regConfig.timeoutSec = 60
        account.sipConfig.proxies.append(f"sip:{self.switch}{parameter};lr")
        account.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", setup["user"], 0, setup["password"]))
        account.callConfig.timerUse = {"off": pj.PJSUA_SIP_TIMER_INACTIVE, "optional": pj.PJSUA_SIP_TIMER_OPTIONAL,
                                       "always": pj.PJSUA_SIP_TIMER_ALWAYS}[setup.get("timer", "optional")]
        account.callConfig.timerMinSESec = account.callConfig.timerSessExpiresSec = setup.get("expires", 90)
        account.mediaConfig.transportConfig.port = setup["rtp"]
        account.mediaConfig.transportConfig.portRange = 18
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        account.mediaConfig.srtpUse = {"off": pj.PJMEDIA_SRTP_DISABLED, "optional": pj.PJMEDIA_SRTP_OPTIONAL,
                                       "mandatory": pj.PJMEDIA_SRTP_MANDATORY}[setup.get("srtp", "off")]
        # Also where the signalling is in the clear: what is tested is the voice.
        account.mediaConfig.srtpSecureSignaling = 0
        account.mwiConfig.enabled = setup.get("mwi", False)
        self.account.create(account)
        self.config = account

    def call_of(self, order):
        return self.calls[order.get("call", max(self.calls, default=0))]

    def dial(self, order):
        if order.get("prack"):
            # Only now: calls to it would have to be reliable too.
            self.config.callConfig.prackUse = pj.PJSUA_100REL_MANDATORY
            self.account.modify(self.config)
        call = Call(self)
        call.makeCall(f"sip:{order['number']}@{self.switch}", pj.CallOpParam(True))
        self.calls[call.getInfo().id] = call

    def answer(self, order):
        prm = pj.CallOpParam()
        prm.statusCode = order.get("status", 200)
        self.call_of(order).answer(prm)

    def hangup(self, order):
        self.call_of(order).hangup(pj.CallOpParam())

    def hold(self, order):
        self.call_of(order).setHold(pj.CallOpParam())

    def resume(self, order):
        prm = pj.CallOpParam(True)
        prm.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.call_of(order).reinvite(prm)

    def update(self, order):
        self.call_of(order).update(pj.CallOpParam(True))

    def digits(self, order):
        self.call_of(order).dialDtmf(order["digits"])

    def refer(self, order):
        self.call_of(order).xfer(f"sip:{order['number']}@{self.switch}", pj.CallOpParam())

    def refer_replaces(self, order):
        self.calls[order["call"]].xferReplaces(self.calls[order["to"]], pj.CallOpParam())

    def watch(self, order):
        buddy, config = Buddy(), pj.BuddyConfig()
        config.uri = f"sip:{order['user']}@{self.switch}"
        if order.get("dialogs"):
            config.subscribe_dlg_event = True
        else:
            config.subscribe = True
        buddy.create(self.account, config)
        self.buddies[order["user"]] = buddy


def main():
    phone = Phone(json.loads(sys.stdin.readline()))
    orders = queue.Queue()

    def read():
        for line in sys.stdin:
            orders.put(json.loads(line))
        orders.put({"do": "quit"})

    threading.Thread(target=read, daemon=True).start()
    while True:
        phone.endpoint.libHandleEvents(20)
        try:
            order = orders.get_nowait()
        except queue.Empty:
            continue
        if order["do"] == "quit":
            break
        try:
            getattr(phone, order["do"])(order)
        except Exception as error:  # told, so that the test that waits knows why
            tell("error", order=order["do"], text=str(error))
    # The library's own end waits for answers that may never come.
    os._exit(0)


main()
