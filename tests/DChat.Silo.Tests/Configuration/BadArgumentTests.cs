using DChat.Silo.Configuration;
using DChat.Silo.Hosting;
using Microsoft.Extensions.Configuration;

namespace DChat.Silo.Tests.Configuration;

/// <summary>What is wrong with a command line is said in one line, before a file is made or a port is opened.</summary>
public sealed class BadArgumentTests
{
    private const int BadConfiguration = 2;
    private const string AName = "1 to 32 of a-z, 0-9 and '-', starting and ending with a letter or digit.";
    private const string AnEndpoint = "it must be an IP address and a port of 1 to 65535, such as 127.0.0.1:8080.";
    private const string APrimary = "it must be 127.0.0.1 and a port of 1 to 65535, such as 127.0.0.1:11111.";
    private const string Listen = "it must be TCP and WebSocket multiaddrs such as /ip4/127.0.0.1/tcp/4001 or /ip4/127.0.0.1/tcp/8081/ws, with commas between.";

    private const string AnAddress = "an IP address of this machine, such as 10.0.0.4; beyond loopback only where DChat:Cluster:Membership is not Local.";
    private const string AnAzureEndpoint = "an https URL without a query, such as https://account.blob.core.windows.net, and none where DChat:Azure:ConnectionString is set.";
    private const string Azure = "--DChat:Azure:ConnectionString=UseDevelopmentStorage=true";

    public static TheoryData<string, string> BadArguments => new()
    {
        { "--state Disk", "DChat:Storage:State is 'Disk'; it must be Local, Azure, Redis." },
        { "--state 7", "DChat:Storage:State is 7; it must be Local, Azure, Redis." },
        { "--membership 7", "DChat:Cluster:Membership is 7; it must be Local, Azure, Redis." },
        { "--state Azure", "DChat:Azure:ConnectionString or DChat:Azure:BlobEndpoint is not set; it must be where DChat:Storage:State is Azure." },
        { "--state Azure --DChat:Azure:TableEndpoint=https://a.table.core.windows.net", "DChat:Azure:ConnectionString or DChat:Azure:BlobEndpoint is not set; it must be where DChat:Storage:State is Azure." },
        { "--membership Azure", "DChat:Azure:ConnectionString or DChat:Azure:TableEndpoint is not set; it must be where DChat:Cluster:Membership is Azure." },
        { "--state Redis", "DChat:Redis:ConnectionString is not set; it must be where DChat:Storage:State is Redis." },
        { "--membership Redis", "DChat:Redis:ConnectionString is not set; it must be where DChat:Cluster:Membership is Redis." },
        { $"--membership Azure {Azure} --primary 127.0.0.1:11111", "DChat:Primary is '127.0.0.1:11111'; it must be left out where DChat:Cluster:Membership is Azure." },
        { "--address 10.0.0.4", $"DChat:Cluster:Address is '10.0.0.4'; it must be {AnAddress}" },
        { "--address 127.0.0.2", $"DChat:Cluster:Address is '127.0.0.2'; it must be {AnAddress}" },
        { $"--membership Azure {Azure} --address 0.0.0.0", $"DChat:Cluster:Address is '0.0.0.0'; it must be {AnAddress}" },
        { $"--membership Azure {Azure} --address [::]", $"DChat:Cluster:Address is '[::]'; it must be {AnAddress}" },
        { $"--membership Azure {Azure} --address 224.0.0.1", $"DChat:Cluster:Address is '224.0.0.1'; it must be {AnAddress}" },
        { $"--membership Azure {Azure} --address 1", $"DChat:Cluster:Address is '1'; it must be {AnAddress}" },
        { $"--membership Azure {Azure} --address 10.0.0.4", "DChat:Cluster:Address is '10.0.0.4', which other machines reach, and there is no TLS: set DChat:Tls:Certificate, DChat:Tls:Key and DChat:Tls:Authority, or DChat:Tls:AllowPlaintext=true on a network where nobody else is." },
        { "--tls-certificate silo.pem --tls-authority authority.pem", "DChat:Tls:Key is ''; it must be a PEM file, needed with a PEM certificate and left out otherwise." },
        { "--tls-key silo.key", "DChat:Tls:Certificate is ''; it must be a PEM file, with the certificates between it and the authority behind it, or a .pfx or .p12 file; set together with Authority." },
        { "--cluster-id a/b", "DChat:Cluster:Id is 'a/b'; it must be 1 to 32 of a-z, 0-9, '-', '.' and '_', starting with a letter or digit." },
        { "--DChat:Azure:ConnectionString=AccountKey=secret", "DChat:Azure:ConnectionString is of another form; it must be a connection string of Azure Storage, such as DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...." },
        { "--DChat:Azure:BlobEndpoint=http://a.blob.core.windows.net", $"DChat:Azure:BlobEndpoint is 'http://a.blob.core.windows.net'; it must be {AnAzureEndpoint}" },
        { $"{Azure} --DChat:Azure:TableEndpoint=https://a.table.core.windows.net", $"DChat:Azure:TableEndpoint is 'https://a.table.core.windows.net'; it must be {AnAzureEndpoint}" },
        { "--DChat:Azure:Container=a--b", "DChat:Azure:Container is 'a--b'; it must be 3 to 63 of a-z, 0-9 and single '-', starting and ending with a letter or digit." },
        { "--DChat:Azure:Container=ab", "DChat:Azure:Container is 'ab'; it must be 3 to 63 of a-z, 0-9 and single '-', starting and ending with a letter or digit." },
        { "--DChat:Azure:Table=1ab", "DChat:Azure:Table is '1ab'; it must be 3 to 63 letters and digits, starting with a letter." },
        { "--DChat:Redis:ConnectionString=password=secret", "DChat:Redis:ConnectionString is of another form; it must be host:port, with options of StackExchange.Redis behind commas, such as 10.0.0.5:6379,password=...,ssl=true." },
        { "--frobnicate 1", "--frobnicate is not an option; --help lists them." },
        { "data", "data is not an option; --help lists them." },
        { "--DChat:Frobnicate 1", "--DChat:Frobnicate is not an option; --help lists them." },
        { "--shard-bits", "--shard-bits needs a value: 0 to 12." },
        { "--shard-bits --help", "--shard-bits needs a value: 0 to 12." },
        { "--shard-bits 3 --DChat:ShardBits=4", "--DChat:ShardBits is given twice." },
        { "--shard-bits 13", "DChat:ShardBits is 13; it must be 0 to 12." },
        { "--shard-bits many", "DChat:ShardBits is 'many'; it must be 0 to 12." },
        { "--network a/b", "DChat:Network is 'a/b'; it must be 1 to 32 of a-z, 0-9, '-', '.' and '_', starting with a letter or digit." },
        { "--listen 127.0.0.1:4001", $"DChat:Libp2p:Listen is '127.0.0.1:4001'; {Listen}" },
        { "--listen /ip4/127.0.0.1/udp/4001/quic-v1", $"DChat:Libp2p:Listen is '/ip4/127.0.0.1/udp/4001/quic-v1'; {Listen}" },
        { "--circuit-relay /ip4/127.0.0.1/tcp/4001", "DChat:Libp2p:CircuitRelays is '/ip4/127.0.0.1/tcp/4001'; it must be at most 64 multiaddrs that end with /p2p and the peer's id, with commas between." },
        { "--listen=", $"DChat:Libp2p:Listen is ''; {Listen}" },
        { "--DChat:Libp2p:CircuitBytes 1023", "DChat:Libp2p:CircuitBytes is 1023; it must be 1024 to 1073741824 bytes." },
        { "--announce nonsense", "DChat:Libp2p:Announce is 'nonsense'; it must be at most 16 multiaddrs with commas between." },
        { "--DChat:Libp2p:TrustedProxies 10.0.0.0/33", "DChat:Libp2p:TrustedProxies is '10.0.0.0/33'; it must be at most 64 networks such as 10.0.0.0/8, with commas between." },
        { "--DChat:Libp2p:ProxyProtocol true", "DChat:Libp2p:ProxyProtocol is True; it must be true or false; true needs DChat:Libp2p:TrustedProxies." },
        { "--DChat:Libp2p:MaxConnections 7", "DChat:Libp2p:MaxConnections is 7; it must be 8 to 65536." },
        { "--shutdown-timeout 00:00:00", "DChat:ShutdownTimeout is 00:00:00; it must be 00:00:01 to 00:10:00." },
        { "--role relay", "DChat:Role is 'relay'; it must be core, edge or all." },
        { "--role 0", "DChat:Role is 0; it must be core, edge or all." },
        { "--name Edge", $"DChat:Name is 'Edge'; it must be {AName}" },
        { "--name edge-", $"DChat:Name is 'edge-'; it must be {AName}" },
        { "--name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", $"DChat:Name is 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; it must be {AName}" },
        { "--primary 192.0.2.1:11111", $"DChat:Primary is '192.0.2.1:11111'; {APrimary}" },
        { "--primary 11111", $"DChat:Primary is '11111'; {APrimary}" },
        { "--dashboard perhaps", "DChat:Dashboard is 'perhaps'; it must be true or false." },
        { "--log-level Loud", "DChat:LogLevel is 'Loud'; it must be Trace, Debug, Information, Warning, Error, Critical or None." },
        { "--DChat:Log:SegmentBytes 65535", "DChat:Log:SegmentBytes is 65535; it must be 65536 to 1073741824 bytes." },
        { "--DChat:Gossip:HeartbeatPeriod 00:00:00", "DChat:Gossip:HeartbeatPeriod is 00:00:00; it must be 00:00:00.1 to 00:01:00." },
        { "--DChat:Admission:Author:Burst=59", "DChat:Admission:Author.Burst is 59; it must be 60 to 10000000 KiB." },
        { "--DChat:Operator:Token fifteen-letters", "DChat:Operator:Token is of another form; it must be 16 to 256 visible ASCII characters." },
        { "--silo-port 0", "DChat:SiloPort is 0; it must be 1 to 65535." },
        { "--silo-port 65536", "DChat:SiloPort is 65536; it must be 1 to 65535." },
        { "--client-port=-1", "DChat:ClientPort is -1; it must be 1 to 65535." },
        { "--silo-port 5 --client-port 5", "DChat:ClientPort is 5; it must be another port than SiloPort." },
        { "--http 8080", $"DChat:AdminEndpoint is '8080'; {AnEndpoint}" },
        { "--http localhost:8080", $"DChat:AdminEndpoint is 'localhost:8080'; {AnEndpoint}" },
        { "--http 127.0.0.1:0", $"DChat:AdminEndpoint is '127.0.0.1:0'; {AnEndpoint}" },
    };

    [Theory]
    [MemberData(nameof(BadArguments))]
    public void A_bad_argument_is_named_with_what_it_must_be(string arguments, string line)
    {
        using var error = new StringWriter();

        var fault = Assert.ThrowsAny<Exception>(() => Read(arguments.Split(' ')));

        Assert.Equal(BadConfiguration, StartFailure.Report(fault, verbose: false, error));
        Assert.Equal($"dchat-silo: {line}{Environment.NewLine}", error.ToString());
    }

    [Theory]
    [InlineData("--DChat:Tls:AllowPlaintext true")]
    [InlineData("--tls-certificate silo.pfx --tls-authority authority.pem")]
    public void A_silo_listens_beyond_loopback_with_TLS_or_when_the_operator_insists(string arguments) =>
        Assert.Equal("10.0.0.4", Read($"--membership Azure {Azure} --address 10.0.0.4 {arguments}".Split(' ')).Membership.Address);

    [Theory]
    [InlineData("DChat:DataDirectory", " ", "DChat:DataDirectory is ' '; it must be a path on a local disk.")]
    [InlineData("DChat:FROBNICATE", "1", "DChat:FROBNICATE is not an option; --help lists them.")]
    public void A_bad_variable_is_named_by_its_key(string key, string value, string line)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();
        using var error = new StringWriter();

        var fault = Assert.ThrowsAny<Exception>(() => new SiloConfiguration(configuration));

        Assert.Equal(BadConfiguration, StartFailure.Report(fault, verbose: false, error));
        Assert.Equal($"dchat-silo: {line}{Environment.NewLine}", error.ToString());
    }

    private static SiloConfiguration Read(string[] arguments) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(CommandLine.Parse(arguments).Values).Build());
}
