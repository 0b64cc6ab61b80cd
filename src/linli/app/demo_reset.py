"""`linli demo --reset`: the demo from its beginning, as it was when it was first started."""

import shutil

from linli.app.problems import Problem
from linli.app.settings import FILE, Settings
from linli.app.up import only_one


def forget_demo(settings: Settings) -> None:
    """Remove everything of a demo that is not running but its settings.

    Raises:
        Problem: this is no demo, it runs, or its database is not linli's own.
    """
    mark = settings.data / FILE
    if not mark.exists():
        if settings.data.exists() and any(settings.data.iterdir()):
            raise _no_demo(settings)
        return
    if "demo = true" not in mark.read_text(encoding="utf-8"):
        raise _no_demo(settings)
    if not settings.embedded:
        raise Problem(
            "演示用的是外部数据库，不能由这里清空",
            "this demo's database is not linli's own and is not emptied from here",
            remedy_chinese="请数据库管理员清空它，或去掉 DATABASE_URL",
            remedy_english="have its administrator empty it, or leave DATABASE_URL out",
        )
    with only_one(settings):
        for one in settings.data.iterdir():
            if one in {mark, settings.run_folder}:
                continue
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink()


def _no_demo(settings: Settings) -> Problem:
    return Problem(
        f"{settings.data} 不是演示，什么都没有删除",
        f"{settings.data} is no demo; nothing was removed",
        remedy_chinese="用 --data 指定演示的文件夹",
        remedy_english="name the demo's folder with --data",
    )
