@echo off
rem Starts a script of this repository from any folder: jbang chapters\03-supervisor.java, or
rem jbang NAME for a name in jbang-catalog.json. Needs a JDK 25 or newer. Uses the JBang on the
rem PATH if it is new enough, and otherwise fetches this one from Maven Central, once.
setlocal EnableExtensions DisableDelayedExpansion

set "version=0.132.1"
set "size=9472883"
set "sha256=f977075849cff866f45b27997f5671ab8a336a5dd3cf9e702b3479128338f3a7"

set "PUTS_AND_TAKES_HOME=%~dp0"
set "PUTS_AND_TAKES_HOME=%PUTS_AND_TAKES_HOME:~0,-1%"
set "cache=%LOCALAPPDATA%\puts-and-takes"
if not defined LOCALAPPDATA set "cache=%TEMP%\puts-and-takes"
set "part=%cache%\part-%RANDOM%%RANDOM%%RANDOM%"

rem A JDK tells its version in a file; to ask it would cost the start of a JVM.
set "jdk="
set "newest=0"
if defined JAVA_HOME call :try_jdk "%JAVA_HOME%"
for /f "delims=" %%j in ('where $path:java.exe 2^>nul') do call :try_jdk "%%~dpj.."
for %%f in (
  "%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft"
  "%ProgramFiles%\Zulu" "%ProgramFiles%\Amazon Corretto" "%ProgramFiles%\BellSoft"
  "%LOCALAPPDATA%\Programs\Eclipse Adoptium" "%USERPROFILE%\.jdks"
  "%USERPROFILE%\.sdkman\candidates\java" "%USERPROFILE%\.jbang\cache\jdks"
) do for /d %%d in ("%%~f\*") do call :try_jdk "%%d"
if not defined jdk goto no_jdk
set "JAVA_HOME=%jdk%"

rem Only a JVM can tell the version of a jar: it is remembered for a jar of this size.
set "JBANG_NO_VERSION_CHECK=true"
set "jar="
for /f "delims=" %%j in ('where $path:jbang.cmd 2^>nul') do (
  if not defined jar if exist "%%~dpjjbang.jar" set "jar=%%~dpjjbang.jar"
)
if not defined jar goto pinned
if not exist "%cache%" mkdir "%cache%" 2>nul
for %%j in ("%jar%") do set "memory=%cache%\installed-%%~zj"
if not exist "%memory%" "%JAVA_HOME%\bin\java.exe" -jar "%jar%" version >"%part%" 2>nul <nul
if exist "%part%" move /y "%part%" "%memory%" >nul 2>nul
set "theirs="
if exist "%memory%" set /p theirs=<"%memory%"
if not defined theirs goto pinned
for /f "tokens=1-3 delims=." %%a in ("%theirs%") do set /a "theirs=%%a*1000000+%%b*1000+%%c" >nul 2>nul
for /f "tokens=1-3 delims=." %%a in ("%version%") do set /a "ours=%%a*1000000+%%b*1000+%%c"
if %theirs% geq %ours% goto run

:pinned
set "jar=%cache%\jbang-%version%.jar"
set "found="
for %%j in ("%jar%") do set "found=%%~zj"
if "%found%"=="%size%" goto run
set "url=https://repo1.maven.org/maven2"
if defined PUTS_AND_TAKES_MAVEN set "url=%PUTS_AND_TAKES_MAVEN%"
set "url=%url%/dev/jbang/jbang-cli/%version%/jbang-cli-%version%-all.jar"
if not exist "%cache%" mkdir "%cache%" 2>nul
type nul >"%part%" 2>nul
if not exist "%part%" goto no_cache
>&2 echo Puts and Takes: fetching JBang %version%: 9.5 MB, this once.
rem Plain .NET, because modules may be those of another PowerShell.
powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "try { [Net.ServicePointManager]::SecurityProtocol = 'Tls12'; [Net.WebClient]::new().DownloadFile($env:url, $env:part) } catch { [Console]::Error.WriteLine($_.Exception.GetBaseException().Message); exit 1 }; $sum = [Security.Cryptography.SHA256]::Create().ComputeHash([IO.File]::ReadAllBytes($env:part)); if ([BitConverter]::ToString($sum).Replace('-', '') -ne $env:sha256) { exit 2 }"
if errorlevel 2 goto wrong_checksum
if errorlevel 1 goto no_network
rem If another start has been faster, its jar may be in use: it is the same one.
move /y "%part%" "%jar%" >nul 2>nul || del "%part%" 2>nul
if not exist "%jar%" goto no_cache

:run
rem JBang itself looks for a catalog only in the working directory and above it.
set "catalog="
set "word=%~1"
if not defined word goto share
for /f "delims=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-" %%w in ("%~1") do goto share
findstr /r /c:"\"%~1\" *: *{" "%PUTS_AND_TAKES_HOME%\jbang-catalog.json" >nul 2>nul
if not errorlevel 1 set catalog="--catalog=%PUTS_AND_TAKES_HOME%\jbang-catalog.json"

:share
rem With an archive of its classes, C1 and a simple collector, JBang itself starts in about half the time.
set "archive=%cache%\jbang-%build%.jsa"
set "share=-Xshare:auto"
if exist "%archive%" set "share=-XX:SharedArchiveFile=%archive%"
if not exist "%archive%" if exist "%cache%" if exist "%JAVA_HOME%\bin\server\classes.jsa" set "share=-XX:ArchiveClassesAtExit=%part%"

set "JBANG_RUNTIME_SHELL=cmd"
set "JBANG_LAUNCH_CMD=%~f0"
set "JBANG_STDIN_NOTTY=false"
"%SystemRoot%\System32\timeout.exe" /t 0 >nul 2>nul || set "JBANG_STDIN_NOTTY=true"

rem JBang compiles, prints the command that runs the script, and exits with 255.
set "out=%TEMP%\puts-and-takes-%RANDOM%%RANDOM%%RANDOM%"
"%JAVA_HOME%\bin\java.exe" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable "%share%" %JBANG_JAVA_OPTIONS% -jar "%jar%" %catalog% %* >"%out%"
set "status=%errorlevel%"
if "%status%"=="255" if exist "%part%" move /y "%part%" "%archive%" >nul 2>nul
if exist "%part%" del "%part%" 2>nul
if not "%status%"=="255" type "%out%"
set "answer="
if "%status%"=="255" for /f "usebackq delims=" %%l in ("%out%") do if not defined answer set "answer=%%l"
del "%out%" 2>nul
if not defined answer exit /b %status%
%answer%
exit /b %errorlevel%

:try_jdk
if defined jdk exit /b
if not exist "%~1\release" exit /b
set "major=0"
set "implementor="
set "runtime="
for /f "usebackq tokens=1,2 delims==" %%a in ("%~1\release") do (
  if "%%a"=="IMPLEMENTOR" set "implementor=%%~b"
  if "%%a"=="JAVA_RUNTIME_VERSION" set "runtime=%%~b"
  if "%%a"=="JAVA_VERSION" set "major=%%~b"
)
for /f "delims=.-+" %%m in ("%major%") do set "major=%%m"
if %major% gtr %newest% set "newest_home=%~1"
if %major% gtr %newest% set "newest=%major%"
if %major% lss 25 exit /b
if not exist "%~1\bin\javac.exe" exit /b
set "build=%implementor%-%runtime%"
for %%d in ("%~1\.") do set "jdk=%%~fd"
exit /b

:no_jdk
set "advice=Install one, https://adoptium.net has them, or set JAVA_HOME to the folder of one you have."
set "reason=no Java was found"
if %newest% gtr 0 set "reason=the newest Java here is %newest%, in "%newest_home%""
if %newest% geq 25 set "reason=the Java %newest% in "%newest_home%" has no javac"
>&2 echo Puts and Takes: a JDK 25 or newer is needed, and %reason%. %advice%
exit /b 1

:no_cache
>&2 echo Puts and Takes: can't write to "%cache%", where JBang is kept. Make it writable.
exit /b 1

:no_network
del "%part%" 2>nul
>&2 echo Puts and Takes: can't fetch JBang. Check the network, set PUTS_AND_TAKES_MAVEN to a mirror of Maven Central, or put "%url%" at "%jar%" yourself.
exit /b 1

:wrong_checksum
del "%part%" 2>nul
>&2 echo Puts and Takes: "%url%" is not JBang %version%: its sha256 differs. It was thrown away. Try again, or set PUTS_AND_TAKES_MAVEN to another mirror of Maven Central.
exit /b 1
