"""What Windows and Citrix say, in the language of the host."""

from __future__ import annotations

_TEXTS = {
    "error_26005": {
        "ja": "エラー26005。IMA サービスを起動できません(CTX_MF_IMA_StartIMAService State = 1)。",
        "en": "Error 26005. Could not start IMA Service in CTX_IMA_StartIMAService State = 1",
    },
    "not_cmd": {
        "ja": (
            "'{name}' は、内部コマンドまたは外部コマンド、\r\n"
            "操作可能なプログラムまたはバッチ ファイルとして認識されていません。\r\n"
        ),
        "en": (
            "'{name}' is not recognized as an internal or external command,\r\n"
            "operable program or batch file.\r\n"
        ),
    },
    "not_powershell": {
        "ja": (
            "用語 '{name}' は、コマンドレット、関数、スクリプト ファイル、または操作可能な"
            "プログラムの名前として認識されません。名前が正しく記述されていることを確認し、"
            "パスが含まれている場合はそのパスが正しいことを確認してから、再試行してください。"
        ),
        "en": (
            "The term '{name}' is not recognized as the name of a cmdlet, function, script "
            "file, or operable program. Check the spelling of the name, or if a path was "
            "included, verify that the path is correct and try again."
        ),
    },
    "out_of_memory": {
        "ja": "種類 'System.OutOfMemoryException' の例外がスローされました。\r\n",
        "en": "Exception of type 'System.OutOfMemoryException' was thrown.\r\n",
    },
    "line": {"ja": "発生場所 行:1 文字:1", "en": "At line:1 char:1"},
    "no_service": {
        "ja": (
            "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\n"
            "指定されたサービスはインストールされたサービスとして存在しません。\r\n\r\n"
        ),
        "en": (
            "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\n"
            "The specified service does not exist as an installed service.\r\n\r\n"
        ),
    },
    "disk_full": {
        "ja": "ディスクに十分な空き領域がありません。",
        "en": "There is not enough space on the disk.",
    },
    "file_not_found": {
        "ja": "指定されたファイルが見つかりません。",
        "en": "The system cannot find the file specified.",
    },
    "network_path": {
        "ja": "ネットワーク パスが見つかりません。",
        "en": "The network path was not found.",
    },
    "logon_failure": {
        "ja": "ログオン失敗: ユーザー名を認識できないか、またはパスワードが間違っています。",
        "en": "Logon failure: unknown user name or bad password.",
    },
    "access_denied": {
        "ja": "アクセスが拒否されました。",
        "en": "Access is denied.",
    },
    "rpc_unavailable": {
        "ja": "RPC サーバーを利用できません。",
        "en": "The RPC server is unavailable.",
    },
    "no_certificate": {
        "ja": "要求されたオブジェクトが見つかりません。",
        "en": "Cannot find the requested object.",
    },
    "version": {
        "ja": "\r\nMicrosoft Windows [Version 6.0.6002]\r\n",
        "en": "\r\nMicrosoft Windows [Version 6.0.6002]\r\n",
    },
}


def text(key: str, language: str, **values: str) -> str:
    """Return a text in a language (`ja` or `en`)."""
    return _TEXTS[key][language].format(**values)
