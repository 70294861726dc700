using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Names;

namespace DChat.Libp2p.Tests.Names;

public sealed class DnsNameResolverTests
{
    [Fact]
    public async Task A_dns_server_is_asked_for_hosts_and_texts()
    {
        using var server = new DnsServer();
        var answering = server.RunAsync(TestContext.Current.CancellationToken);
        var resolver = new DnsNameResolver([server.EndPoint]);
        var hosts = await resolver.ResolveHostAsync("host.example", NameFamily.Any, TestContext.Current.CancellationToken);
        Assert.Equal(["8.8.4.4", "2606:4700::2"], hosts.Records.Select(r => r.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(77), hosts.TimeToLive);
        Assert.Equal(["8.8.4.4"], (await resolver.ResolveHostAsync("host.example", NameFamily.V4, TestContext.Current.CancellationToken)).Records.Select(r => r.ToString()));
        Assert.Equal(["2606:4700::2"], (await resolver.ResolveHostAsync("host.example", NameFamily.V6, TestContext.Current.CancellationToken)).Records.Select(r => r.ToString()));
        Assert.Equal(["dnsaddr=/ip4/1.1.1.1/tcp/1"], (await resolver.ResolveTextAsync("_dnsaddr.host.example", TestContext.Current.CancellationToken)).Records);
        server.Dispose();
        await answering;
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_an_answer_and_a_server_that_fails_is_a_fault()
    {
        using var server = new DnsServer();
        var answering = server.RunAsync(TestContext.Current.CancellationToken);
        var resolver = new DnsNameResolver([server.EndPoint]);
        Assert.Empty((await resolver.ResolveHostAsync("missing.example", NameFamily.Any, TestContext.Current.CancellationToken)).Records);
        foreach (var name in new[] { "broken.example", "no name" + new string('x', 300) })
        {
            var fault = await Assert.ThrowsAsync<Libp2pException>(() => resolver.ResolveHostAsync(name, NameFamily.Any, TestContext.Current.CancellationToken).AsTask());
            Assert.Equal((Libp2pErrorCodes.NameFailed, true), (fault.Code, fault.IsTransient));
            Assert.StartsWith(name, fault.Message, StringComparison.Ordinal);
        }

        server.Dispose();
        await answering;
    }

    [Fact]
    public async Task A_question_that_nobody_answers_is_given_up_when_the_caller_gives_up()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var asking = new DnsNameResolver([(IPEndPoint)silent.Client.LocalEndPoint!]).ResolveHostAsync("host.example", NameFamily.V4, stop.Token).AsTask();
        await silent.ReceiveAsync(TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Theory]
    [InlineData(true, "127.0.0.1")]
    [InlineData(false)]
    public async Task The_system_is_asked_for_what_the_servers_do_not_know(bool asksSystem, params string[] found)
    {
        using var server = new DnsServer();
        var answering = server.RunAsync(TestContext.Current.CancellationToken);
        var resolver = new DnsNameResolver([server.EndPoint], asksSystem);
        var answer = await resolver.ResolveHostAsync("localhost", NameFamily.V4, TestContext.Current.CancellationToken);
        Assert.Equal(found, answer.Records.Select(r => r.ToString()));
        server.Dispose();
        await answering;
    }
}
