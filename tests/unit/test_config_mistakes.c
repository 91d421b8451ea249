/* Every mistake there is, with its line and a part of what is said about it. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/config_rig.h"

#define CONFIG(body)	   "<config>\n" body "\n</config>"
#define CLIENT(attributes) CONFIG("<client " attributes "/>")
#define ASK(elements)	   CONFIG("<client ip='a'>\n" elements "</client>")
#define ALERT(attributes)  CONFIG("<client ip='a'>\n<alert " attributes "/></client>")
#define ALL(attributes) \
	CONFIG("<client ip='a'><metrics include='*, custom'/>\n<alert " attributes "/></client>")
#define MAIL(attributes)    CONFIG("<mail " attributes "/>")
#define STORAGE(attributes) CONFIG("<storage " attributes "/>")
#define TEN		    "0123456789"
#define HUNDRED		    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define KILO		    HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define ENTITY(name, of)    "<!ENTITY " name " '" of of of of of of of of of of "'>\n"

/* Each is one mistake and nothing else. */
static const struct {
	const char *xml;
	int line;
	const char *text;
} rows[] = {
	/* XML */
	{ "", 1, "write a <config> element" },
	{ "<config>\n<client>\n</config>", 3, "write well-formed XML" },
	{ "<config>\n<client ip=a/></config>", 2, "write well-formed XML" },
	{ "<config>\n<client ip='&who;'/></config>", 2, "write well-formed XML" },
	{ "<config/>\n<config/>", 2, "write well-formed XML" },
	{ "\n<!DOCTYPE config>\n<config/>", 2, "DOCTYPE is refused" },
	{ "<!DOCTYPE config SYSTEM 'file:///etc/passwd'>\n<config/>", 1, "DOCTYPE is refused" },
	{ "<!DOCTYPE config [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n"
	  "<config><client ip='&x;'/></config>",
		1, "DOCTYPE is refused" },
	{ "<!DOCTYPE config [\n" ENTITY("a", "lol") ENTITY("b", "&a;") ENTITY("c", "&b;")
			ENTITY("d", "&c;") ENTITY("e", "&d;") ENTITY("f", "&e;") ENTITY("g", "&f;")
				ENTITY("h", "&g;") "]>\n<config>&h;</config>",
		1, "DOCTYPE is refused" },

	/* elements */
	{ "<fleet/>", 1, "write <config> around everything" },
	{ "<config xmlns='urn:other'/>", 1, "write it as config.xml.example shows" },
	{ CONFIG("<clinet ip='a'/>"), 2,
		"<clinet> does not belong inside <config>; write one of: "
		"alert, alerter, certificate, client," },
	{ CONFIG("<retention><client ip='a'/></retention>"), 2, "write <retention …/> alone" },
	{ CONFIG("<client ip='a'><client ip='b'/></client>"), 2, "write one of: alert" },
	{ CONFIG("<webhook name='a'/>"), 2, "<webhook> has no url; write url=" },
	{ CONFIG("<webhook name='a b' url='https://b'/>"), 2, "is no name" },
	{ CONFIG("<webhook name='a' url='https://b' url-file='web.url'/>"), 2,
		"url and url-file are both given" },
	{ CONFIG("<webhook name='a' url-file='passphrase'/>"), 2, "passphrase: holds no address" },
	{ CONFIG("<webhook name='a' url-file='open.password'/>"), 2, "run: chmod 600 " },
	{ CONFIG("<webhook name='a' url='ftp://b'/>"), 2, "url=\"…\": is no address of a web" },
	{ CONFIG("<collector heartbeat='b/secret'/>"), 2, "heartbeat=\"…\": is no address" },
	{ CONFIG("<webhook name='a' url='https://'/>"), 2, "is no address of a web server" },
	{ CONFIG("<webhook name='a' url='https://b/ c'/>"), 2, "is no address of a web server" },
	{ CONFIG("<webhook name='a' url='https://b:99999999/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://b:0/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://b:/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://:/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://u:p@/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://-b/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://[::1/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://[b]/'/>"), 2, "is no address of" },
	{ CONFIG("<webhook name='a' url='https://b/t?auth=x' form='ntfy'/>"), 2,
		"ends with the topic" },
	{ CONFIG("<webhook name='a' url='http://b/'/>"), 2, "write url=\"https:…\"" },
	{ CONFIG("<webhook name='a' url='http://127.0.0.1@b/'/>"), 2, "write url=\"https:…\"" },
	{ CONFIG("<webhook name='a' url='https://b' form='teams'/>"), 2, "write one of: json|" },
	{ CONFIG("<webhook name='a' url='https://b' template='none'/>"), 2, "name a file" },
	{ CONFIG("<webhook name='a' url='https://b' template='passphrase'/>"), 2, "is no JSON" },
	{ CONFIG("<webhook name='a' url='https://b' form='pagerduty'/>"), 2, "routing key" },
	{ CONFIG("<webhook name='a' url='https://b/' form='ntfy'/>"), 2, "needs a topic" },
	{ CONFIG("<command name='a' run='/bin/echo {{subjet}}'/>"), 2, "'subjet'" },
	{ CONFIG("<command name='a' run='/bin/echo {{text}}'/>"), 2, "'text'" },
	{ CONFIG("<webhook name='a' url='https://b'/>\n<command name='a' run='/bin/true'/>"), 3,
		"is there already" },
	{ CONFIG("<command name='a' run='/bin/true' timeout='1h'/>"), 2, "40s" },
	{ CONFIG("<webhook name='a' url='https://h/' timeout='41s'/>"), 2, "40s" },
	{ CONFIG("<command name='a' run='true'/>"), 2, "write its whole path" },
	{ CONFIG("<command name='a' run=\"/bin/echo 'a b'\"/>"), 2, "there is no shell" },
	{ CONFIG("<command name='a' run='/bin/sh -ec echo${IFS}{{client}}'/>"), 2,
		"a shell would run" },
	{ CONFIG("<recipient name='a' mail='b'/>"), 2, "is not a mail address" },
	{ CONFIG("<recipient name='a' mail='b@c' quiet='22-7'/>"), 2, "write it as quiet=" },
	{ CONFIG("<recipient name='a' mail='b@c' quiet='24:00-07:00'/>"), 2, "write it as quiet=" },
	{ CONFIG("<recipient name='a' mail='b@c' quiet='07:00-07:00'/>"), 2, "write it as quiet=" },
	{ CONFIG("<recipient name='a' mail='b@c' per-hour='0'/>"), 2, "is not a number from 1" },
	{ CONFIG("<alerter heartbeat='example.com'/>"), 2, "is no address of a web server" },
	{ CONFIG("<mail host='m' from='a@b'/>\n<alerter mail='a@b'/>\n<client ip='a' "
		 "mail='chat'/>"),
		4, "nor the name of a <recipient>" },

	/* what is asked of clients */
	{ ASK("<process/>"), 3, "<process> has no name; write name=" },
	{ ASK("<process name=''/>"), 3, "name=\"\": is empty" },
	{ ASK("<process name='/usr/sbin/nginx'/>"), 3,
		"write it without = and /, as name=\"nginx" },
	{ ASK("<process name='a=b'/>"), 3, "write it without = and /" },
	{ ASK("<process name='a&#10;b'/>"), 3, "holds control characters; write it without" },
	{ ASK("<process name='" HUNDRED "'/>"), 3, "is too long; write at most 64 bytes" },
	{ ASK("<process name='a' pid-file='a.pid'/>"), 3,
		"pid-file=\"a.pid\": is not a whole path; write where it is on the client, as "
		"pid-file=\"/run/db.pid\"" },
	{ ASK("<process name='a' command='b'/>"), 3, "write one of: name, pid-file" },
	{ ASK("<process name='a'/>\n<process name='a' pid-file='/a'/>"), 4,
		"<process> \"a\" is given twice, first at line 3; write it once" },
	{ ASK("<process name='a'><file path='/a'/></process>"), 3, "write <process …/> alone" },
	{ CONFIG("<jump ip='a'><process name='a'/></jump>"), 2, "does not belong inside <jump>" },
	{ ASK("<file/>"), 3, "<file> has no path" },
	{ ASK("<file path='backup'/>"), 3, "path=\"backup\": is not a whole path; write where" },
	{ ASK("<file path='~/backup'/>"), 3, "is not a whole path" },
	{ ASK("<file path='/a&#10;ask=file:/b'/>"), 3, "holds control characters" },
	{ ASK("<file path='/a&#x202e;b'/>"), 3, "holds control characters" },
	{ ASK("<file path='/" HUNDRED HUNDRED TEN TEN TEN TEN TEN "12345'/>"), 3,
		"is too long; write at most 255 bytes" },
	{ CONFIG("<group name='g'>\n<file path='/a'/><file path='/a'/><client ip='a'/></group>"), 3,
		"<file> \"/a\" is given twice" },
	{ ASK("<certificate path='site.pem'/>"), 3, "is not a whole path" },
	{ ASK("<textfile/>"), 3, "<textfile> has no dir" },
	{ ASK("<textfile dir='metrics'/>"), 3, "as dir=\"/srv/metrics\"" },
	{ ASK("<filesystems include='srv'/>"), 3,
		"srv is no pattern of mount points, which begin with /; write it as /srv" },
	{ ASK("<filesystems include='/a /b' exclude='/c,/a'/>"), 3, "\"/a\" is given twice" },
	{ ASK("<filesystems network='nfs'/>"), 3, "write one of: no|yes" },
	{ ASK("<filesystems/>"), 3, "says nothing; write include, exclude or network" },
	{ ASK("<filesystems include=' '/>"), 3, "include=\" \": names nothing" },

	/* and stored of them */
	{ ASK("<metrics/>"), 3, "says nothing; write include or exclude" },
	{ ASK("<metrics include='memroy'/>"), 3, "memroy is neither a metric nor a group; write" },
	{ ASK("<metrics exclude='sensor temperature'/>"), 3, "sensor is neither a metric nor" },
	{ ASK("<metrics include='requests_total'/>"), 3, "write requests_per_second" },
	{ ASK("<metrics include=''/>"), 3, "is empty" },
	{ ALERT("type='queue_length' limit='8'"), 3,
		"add <metrics include=\"queue_length\"/> here or around it" },
	{ CONFIG("<client ip='a'><metrics include='queue_length'/></client>\n"
		 "<client ip='b'><alert type='queue_length' limit='8'/></client>"),
		3, "type=\"queue_length\" is no metric" },
	{ CONFIG("<metrics include='queue_*'/>\n<client ip='a'><metrics exclude='queue_length'/>\n"
		 "<alert type='queue_length' limit='8'/></client>"),
		4, "type=\"queue_length\" is no metric" },
	{ ALL("type='memroy' limit='85'"), 3, "did you mean memory? write type=\"memory\"" },
	{ ALL("type='load-per-cpuu' limit='85'"), 3, "did you mean load-per-cpu?" },
	{ ALL("type='disk usage!' limit='85'"), 3, "is no metric" },
	{ ALL("type='cpu_usd_ratio' limit='85'"), 3, "did you mean cpu_used_ratio" },
	{ ALL("type='network' limit='85'"), 3, "is no metric" },
	{ ALL("type='memory' limit='85' unless='memroy'"), 3, "memroy is no type of alert" },
	{ ALL("type='sensor_pulses_total' limit='85'"), 3, "write sensor_pulses_per_second" },
	{ CONFIG("<client ip='a'><metrics include='s*'/>\n<alert type='swapp' "
		 "limit='8'/></client>"),
		3, "did you mean swap?" },

	/* parents */
	{ CLIENT("ip='a' parent='b'"), 2, "nothing is called so" },
	{ CONFIG("<parent name='a'/>\n<client ip='a'/>"), 2, "is there already" },
	{ CONFIG("<parent name='a'/>\n<parent name='a'/>\n<client ip='b'/>"), 3,
		"is there already" },
	{ CONFIG("<client ip='b'/>\n<parent name='a' parent='a'/>"), 3, "leads in a circle" },
	{ CONFIG("<retention/>\n<retention/>"), 3, "given twice, first at" },
	{ CONFIG("\n\nsome text"), 1, "write it as config.xml.example shows" },
	{ CONFIG("<client ip='a' mail='a@example.com'>text</client>"), 2,
		"write it as config.xml.example shows" }, /* beside a warning */
	{ CONFIG("<client ip='a'>text</client>"), 2, "write it as config.xml.example shows" },

	/* attributes */
	{ CLIENT("ip='a' prot='22'"), 2,
		"<client> has no attribute prot; write one of: ip, name, port" },
	{ CLIENT("ip='a' xml:base='x'"), 2, "write it as config.xml.example shows" },
	{ CLIENT("name='a'"), 2, "<client> has no ip; write ip=\"…\"" },
	{ CLIENT("ip=''"), 2, "ip=\"\": is empty" },
	{ CLIENT("ip='a' jump='b'"), 2,
		"jump=\"b\": nobody is called so; write the name of a client, or add <jump" },
	{ CONFIG("<group name='g' jump='b'>\n<client ip='a'/>\n<client ip='c'/></group>"), 3,
		"jump=\"b\": nobody is called so" },
	{ CLIENT("ip='a' jump='a'"), 2, "jump=\"a\" leads in a circle: that is at " },
	{ CLIENT("ip='a' connects='0'"), 2, "is not a number from 1 to 1000" },
	{ CONFIG("<jump name='b' ip='b' mail='a@example.com'/>"), 2,
		"<jump> has no attribute mail; write one of: ip, name, port" },
	{ CONFIG("<jump name='b' ip='b'><alert type='cpu' limit='90'/></jump>"), 2,
		"<alert> does not belong inside <jump>" },
	{ CONFIG("<jump name='b' ip='b'/>\n<client name='b' ip='c'/>"), 2,
		"client \"b\" is there already, at " },
	{ CONFIG("<jump name='1' ip='a'/><jump name='2' ip='a' jump='1'/>\n"
		 "<jump name='3' ip='a' jump='2'/><jump name='4' ip='a' jump='3'/>\n"
		 "<client ip='b' jump='4'/>\n<jump name='5' ip='a' jump='4'/>\n"
		 "<client ip='c' jump='5'/>"),
		6, "through more than 4 jump hosts" },
	{ CLIENT("ip='a' every='5'"), 2, "every=\"5\": is not a duration" },
	{ CONFIG("<client\n\n ip='a'\n port='0'/>"), 2, "port=\"0\"" },
	{ CLIENT("ip='a' port='65536'"), 2, "is not a number from 1 to 65535" },
	{ CLIENT("ip='a' port='-1'"), 2, "is not a number from 1 to 65535" },
	{ CLIENT("ip='a' port='22x'"), 2, "is not a number from 1 to 65535" },
	{ CLIENT("ip='a' port='99999999999999999999'"), 2, "is not a number from 1 to 65535" },
	{ CLIENT("ip='a' timeout='90'"), 2, "is not a duration; write a number and its unit" },
	{ CLIENT("ip='a' timeout='m'"), 2, "is not a duration" },
	{ CLIENT("ip='a' timeout='5 m'"), 2, "is not a duration" },
	{ CLIENT("ip='a' timeout='5y'"), 2, "is not a duration" },
	{ CLIENT("ip='a' timeout='0'"), 2, "is out of range; write 1s to 1h" },
	{ CLIENT("ip='a' timeout='999999999999999w'"), 2, "is out of range; write 1s to 1h" },
	{ CLIENT("ip='a b'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='a;id'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='-oProxyCommand=x'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='[::1]'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='1:2'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='999.1.1.1'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='1.1.1'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='0x7f.1'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='127.0X1'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='1.1.1.0x'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='web.1.'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='2130706433'"), 2, "is neither a host name nor an address" },
	{ CLIENT("ip='a' name='x&#10;y'"), 2, "write it without control characters" },
	{ CLIENT("ip='a' name='&lt;b>'"), 2, "write it without control characters" },
	{ CLIENT("ip='a' name='--all'"), 2, "name=\"--all\": begins with -" },
	{ CLIENT("ip='a' username='-l'"), 2, "is not a user name" },
	{ CLIENT("ip='a' username='a b'"), 2, "is not a user name" },
	{ CLIENT("ip='a' host-key='yes'"), 2, "write strict, accept-new, or SHA256:" },
	{ CLIENT("ip='a' host-key='SHA256:short'"), 2, "write strict, accept-new, or SHA256:" },
	{ CLIENT("ip='a'/>\n<client ip='b' name='a'"), 3, "client \"a\" is there already, at" },

	/* mail addresses */
	{ CLIENT("ip='a' mail='ops'"), 2, "ops is not a mail address" },
	{ CLIENT("ip='a' mail='ops@'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='@example.com'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='a@example.com&#13;&#10;RCPT'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='&lt;a@example.com>'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='\"a\"@example.com'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='a@b@example.com'"), 2, "is not a mail address" },
	{ MAIL("host='localhost' security='plain' from='a b@example.com'"), 2,
		"from=\"a b@example.com\": is not a mail address" },
	{ MAIL("host='h' from='fleet@mon_server.example'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='b@example.com, a.@b.c'"), 2, "a.@b.c is not a mail address" },
	{ CLIENT("ip='a' mail='.x@y.z'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='-x@y.z'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='a@b.c.'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='a@192.0.2.1'"), 2, "is not a mail address" },
	{ CLIENT("ip='a' mail='" TEN TEN TEN TEN TEN TEN "12345@example.com'"), 2,
		"is not a mail address" },
	{ MAIL("host='h' from='a@example.com' list-id='::1'"), 2, "is not a domain; write it" },
	{ MAIL("host='h' from='a@example.com' list-id='example.com.'"), 2, "is not a domain" },

	/* credentials */
	{ CLIENT("ip='a' identity='missing'"), 2, "make it with ssh-keygen" },
	{ CLIENT("ip='a' ssh-config='missing'"), 2, "make the file or name another" },
	{ CLIENT("ip='a' identity='open.key'"), 2, "run: chmod 600 " },
	{ CLIENT("ip='a' identity='probes'"), 2, "is not a regular file" },
	{ CLIENT("ip='a' identity='agent:socket'"), 2, "write agent:/path/of/its/socket" },
	{ CLIENT("ip='a' identity='id_ed25519' passphrase-file='open.password'"), 2,
		"run: chmod 600 " },
	{ CLIENT("ip='a' identity='id_ed25519.pub' passphrase-file='id_ed25519.pub'"), 2,
		"run: chmod 600 " },
	{ CLIENT("ip='a' passphrase-file='passphrase'"), 2, "add identity=\"…\"" },
	{ CLIENT("ip='a' password-file='open.password'"), 2, "run: chmod 600 " },
	{ CLIENT("ip='a' password-file='missing'"), 2, "make the file or name another" },
	{ CLIENT("ip='a' password-file='two-lines'"), 2, "is not one line" },
	{ CLIENT("ip='a' password-file='empty'"), 2, "is not one line" },
	{ CLIENT("ip='a' password=''"), 2, "password=\"…\": is empty" },
	{ CLIENT("ip='a' password='" KILO TEN TEN "12345'"), 2,
		"password=\"…\": the password is too long; write at most 1024 bytes" },
	{ CLIENT("ip='a' password-file='long'"), 2, "write at most 1024 bytes" },
	{ CLIENT("ip='" HUNDRED HUNDRED TEN TEN TEN TEN TEN "1234'"), 2, "is neither a host name" },
	{ CLIENT("ip='a' name='" HUNDRED HUNDRED "1'"), 2, "write at most 200 bytes" },
	{ CLIENT("ip='a' username='" TEN TEN TEN TEN TEN TEN "12345'"), 2, "at most 64" },
	{ CLIENT("ip='a' password='x' identity='agent'"), 2,
		"identity and password are both given; write only one" },
	{ CLIENT("ip='a' password='x' password-file='passphrase'"), 2, "are both given" },
	{ CLIENT("ip='a' identity='agent' password-file='passphrase'"), 2, "are both given" },

	/* alerts */
	{ ALERT("type='memry' limit='85%'"), 3, "did you mean memory? write type=\"memory\"" },
	{ ALERT("type='qqqqqqqqqqqq' limit='85%'"), 3, "write one such as cpu" },
	{ ALERT("limit='85%'"), 3, "<alert> has no type" },
	{ ALERT("type='memory'"), 3, "has no limit; write limit=\"…\"" },
	{ ALERT("type='memory' limit='85%' below='10%'"), 3, "limit and below are both given" },
	{ ALERT("type='memory' limit='0.9'"), 3, "write limit=\"0.9%\" or limit=\"90%\"" },
	{ ALERT("type='memory' limit='1'"), 3, "write limit=\"1%\" or limit=\"100%\"" },
	{ ALERT("type='memory' below='0.1'"), 3, "write below=\"0.1%\" or below=\"10%\"" },
	{ ALERT("type='memory' limit='101%'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='memory' limit='-5%'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='memory' limit='nan'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='memory' limit='0x50'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='memory' limit='1e1'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='memory' limit='85.'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='memory' limit='85 %'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='load' limit='85%'"), 3, "is not a limit for load1; write a number" },
	{ ALERT("type='load' limit='inf'"), 3, "is not a limit for load1; write a number" },
	{ ALERT("type='load' limit='10GiB'"), 3, "is not a limit for load1; write a number" },
	{ ALERT("type='disk-avail' below='10 gigs'"), 3, "as below=\"10GiB\"" },
	{ ALERT("type='uptime' below='10GiB'"), 3, "as below=\"90s\"" },
	{ ALERT("type='battery' below='200'"), 3, "write percent from 0 to 100" },
	{ ALERT("type='temperature' limit='80C'"), 3, "write degrees Celsius, as limit=\"80\"" },
	{ ALERT("type='network-in' limit='100MB/s'"), 3,
		"write bytes a second, as limit=\"100MB\"" },
	{ ALERT("type='boot_time_seconds' limit='3d'"), 3, "write seconds since 1970" },
	{ ALERT("type='memory' limit='85%' clear='90%'"), 3,
		"clear=\"90%\" is on the firing side of limit=\"85%\"; write one below it" },
	{ ALERT("type='disk-avail' below='10GB' clear='9GB'"), 3, "write one above it" },
	{ ALERT("type='memory' limit='85%' clear='x'"), 3, "clear=\"x\"" },
	{ ALERT("type='memory' limit=''"), 3, "is empty" },
	{ ALERT("type='memory' limit='85' severity='bad'"), 3, "write one of: warning|critical" },
	{ ALERT("type='memory' limit='85' instance='/'"), 3, "leave instance out" },
	{ ALERT("type='memory' limit='85'/>\n<alert type='memory' limit='90'"), 4,
		"given twice, first at line 3" },
	{ ALERT("type='memory' limit='85' critical='80'"), 3, "write one above it" },
	{ ALERT("type='memory' below='10%' critical='20%'"), 3, "write one below it" },
	{ ALERT("type='memory' limit='85' critical='95' critical-clear='97'"), 3,
		"write one below it" },
	{ ALERT("type='memory' limit='85' critical-clear='97'"), 3, "add critical=" },
	{ ALERT("type='memory' limit='85' critical='95' severity='critical'"), 3,
		"leave one of them out" },
	{ ALERT("type='memory' limit='85' within='1h'"), 3, "leave it out" },
	{ ALERT("type='load' full-within='24h'"), 3, "cannot become full; write disk" },
	{ ALERT("type='disk' full-within='tomorrow'"), 3, "as full-within=\"90s\"" },
	{ ALERT("type='memory' limit='85' change='10%'"), 3, "limit and change are both given" },
	{ ALERT("type='memory' change='-0.5' within='1h'"), 3, "change=\"0.5%\"" },
	{ ALERT("type='disk' absent='soon'"), 3, "as absent=\"90s\"" },
	{ ALERT("type='sample-age' limit='1GiB'"), 3, "as limit=\"90s\"" },
	{ ALERT("type='sample-age' change='1h'"), 3, "sample-age is a time" },
	{ ALERT("type='memory' limit='85' samples='0'"), 3, "is not a number from 1" },
	{ ALERT("type='memory' limit='85' unless='sunday'"), 3, "is no type of alert" },
	{ ALERT("type='memory' limit='85' escalate='a@b'"), 3, "does not say when" },
	{ ALERT("type='memory' limit='85' escalate-after='1h'"), 3, "does not say to whom" },
	{ CLIENT("ip='a' escalate-after='1h'"), 2, "does not say to whom" },
	{ CONFIG("<group name='g' escalate-after='1h'><client ip='a'/></group>"), 2,
		"does not say to whom" },
	{ ALERT("type='memory' limit='85' unless='memory'"), 3, "names itself" },
	{ ALERT("type='disk' limit='85' unless='inodes'/>\n<alert type='inodes' limit='85' "
		"unless='disk'"),
		3, "leads in a circle" },
	{ ALERT("type='disk' limit='85' unless='inodes'/>\n<alert type='inodes' limit='85' "
		"unless='cpu'/><alert type='cpu' limit='85' unless='disk'"),
		3, "leads in a circle" },
	{ ALERT("type='disk' absent='1h' clear='10m'"), 3, "clear is not for absent" },
	{ ALERT("type='disk' absent='1h' samples='2'"), 3, "samples is not for absent" },
	{ ALERT("type='memory' disabled='yes'"), 3, "takes nothing out" },
	{ ALERT("type='memory' limit='85' count='2'"), 3, "write this <alert> in a <group>" },
	{ CONFIG("<client ip='a'/>\n<alert type='cpu' limit='90' count='x'/>"), 3, "as 3 or 30%" },
	{ CONFIG("<client ip='a'/>\n<alert type='cpu' limit='90' count='0'/>"), 3, "as 3 or 30%" },
	{ CONFIG("<client ip='a'/>\n<alert type='cpu' absent='1h' count='1'/>"), 3,
		"count is for a limit" },
	{ ALERT("type='memory' limit='85' for='soon'"), 3, "as for=\"90s\"" },
	{ CONFIG("<group name='g'><alert type='cpu' limit='80'/>\n<client ip='a'><alert type='cpu' "
		 "limit='81'/>\n"
		 "<alert type='cpu' limit='82'/></client></group>"),
		4, "given twice, first at line 3" },

	/* what stands once */
	{ STORAGE("engine='oracle'"), 2, "write one of: sqlite|mariadb" },
	{ STORAGE("host='db.example.com'"), 2, "host is not for engine=\"sqlite\"" },
	{ STORAGE("engine='mariadb' path='x'"), 2, "path is not for engine=\"mariadb\"" },
	{ STORAGE("engine='mariadb' host='db.example.com' tls='no'"), 2, "write tls=\"yes\"" },
	{ STORAGE("engine='mariadb' host='127.0.0.1' tls='no' ca='db-ca.pem'"), 2,
		"ca has no use" },
	{ STORAGE("engine='mariadb' tls='yes'"), 2, "write host=\"…\"" },
	{ STORAGE("engine='mariadb' host='a' socket='b'"), 2, "host and socket are both given" },
	{ STORAGE("engine='mariadb' host='a' ca='missing'"), 2, "name a file that can be read" },
	{ STORAGE("engine='mariadb' user='a b'"), 2, "is not a user name" },
	{ MAIL("from='a@example.com'"), 2, "<mail> has no host" },
	{ MAIL("host='localhost'"), 2, "<mail> has no from" },
	{ MAIL("host='a' from='a@b\xc3\xbc"
	       "cher.example'"),
		2, "is not ASCII; write it" },
	{ MAIL("host='a' from='a@example.com' security='plain'"), 2,
		"write security=\"starttls\", or add insecure=\"yes\"" },
	{ MAIL("host='a' from='a@example.com' security='none'"), 2, "starttls|smtps|plain" },
	{ MAIL("host='a' from='a@example.com' user='u'"), 2, "add password-file" },
	{ MAIL("host='a' from='a@example.com' password='u'"), 2, "add user=" },
	{ MAIL("host='::1' from='a@example.com' security='plain' ca='mail-ca.pem'"), 2,
		"ca has no use" },
	{ MAIL("host='a' from='a@example.com' insecure='maybe'"), 2, "write one of: no|yes" },
	{ MAIL("host='a' from='a@example.com' list-id='a b'"), 2, "is not a domain" },
	{ CONFIG("<collector connect-timeout='5m' deadline='1m'/>"), 2,
		"connect-timeout is longer" },
	{ CONFIG("<collector sessions='10' connects='11'/>"), 2, "connects is more than sessions" },
	{ CONFIG("<collector sessions='many'/>"), 2, "is not a number" },
	{ CONFIG("<collector spool='a&#10;b'/>"), 2, "write a plain path" },
	{ CONFIG("<retention raw='14'/>"), 2, "as raw=\"14d\"" },
	{ CONFIG("<include dir='nowhere'/>"), 2, "make the folder or name another" },
	{ CONFIG("<include/>"), 2, "<include> has no dir" },
	{ CONFIG("<group><client ip='a'/></group>"), 2, "<group> has no name" },
	{ CONFIG("<group name='g' sessions='0'/>"), 2, "is not a number from 1 to 100000" },
	{ CLIENT("ip='a' sessions='2'"), 2, "<client> has no attribute sessions" },
	{ CONFIG("<group name='a' sessions='9'><group name='b' sessions='9'>"
		 "<group name='c' sessions='9'><group name='d' sessions='9'>\n"
		 "<group name='e' sessions='9'><client ip='a'/>"
		 "</group></group></group></group></group>"),
		3, "more than 4 groups inside each other" },
	{ CONFIG("<group name='a/b'><client ip='a'/></group>"), 2, "write it without" },
};

static void each_mistake_is_told_once(void **state)
{
	(void)state;
	rig_put("two-lines", "one\ntwo\n", 0600);
	rig_put("empty", "", 0600);
	rig_put("long", KILO TEN TEN "12345\n", 0600);
	int failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config_problems problems;
		rig_refuse(rows[i].xml, &problems);
		const struct config_problem *p = rig_only_mistake(&problems, rows[i].xml);
		bool good = p->line == rows[i].line && strstr(p->text, rows[i].text) &&
			    rig_says_what_to_do(p->text) &&
			    strcmp(strrchr(p->file, '/'), "/config.xml") == 0;
		if (!good)
			print_error("%s\n  said: %d: %s\n", rows[i].xml, p->line, p->text);
		failed += !good;
		config_problems_finish(&problems);
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(each_mistake_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
