using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Names;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Names;

public sealed class AddressResolverTests
{
    private readonly SteppedTime _time = new();
    private readonly FakeNames _names = new();
    private readonly PeerId _peer = TestHosts.SomePeer();

    [Theory]
    [InlineData("/dns4/two.example/tcp/1", "/ip4/8.8.8.8/tcp/1")]
    [InlineData("/dns6/two.example/tcp/1", "/ip6/2606:4700::1/tcp/1")]
    [InlineData("/dns/two.example/tcp/1", "/ip4/8.8.8.8/tcp/1 /ip6/2606:4700::1/tcp/1")]
    [InlineData("/dns4/two.example/tcp/80/ws", "/ip4/8.8.8.8/tcp/80/ws")]
    [InlineData("/dns4/two.example/tcp/443/tls/ws", "/ip4/8.8.8.8/tcp/443/tls/sni/two.example/ws")]
    [InlineData("/dns4/two.example/tcp/443/wss", "/ip4/8.8.8.8/tcp/443/tls/sni/two.example/ws")]
    [InlineData("/dns4/two.example/tcp/443/tls/sni/other/ws", "/ip4/8.8.8.8/tcp/443/tls/sni/other/ws")]
    [InlineData("/dns4/localhost/tcp/1", "/ip4/127.0.0.1/tcp/1")]
    [InlineData("/dns/a.localhost/tcp/1", "/ip4/127.0.0.1/tcp/1 /ip6/::1/tcp/1")]
    [InlineData("/dns4/0x7f.1/tcp/1", "/ip4/127.0.0.1/tcp/1")]
    public async Task A_name_becomes_the_addresses_of_its_family(string address, string resolved)
    {
        _names.Hosts["two.example"] = ["8.8.8.8", "2606:4700::1"];
        Assert.Equal(resolved, await ResolveAsync(AddressClass.Loopback, address));
    }

    [Theory]
    [InlineData("/dns4/nobody.example/tcp/1", "nobody.example")]
    [InlineData("/dns6/v4.example/tcp/1", "v4.example")]
    [InlineData("/dns4/broken.example/tcp/1", "broken.example")]
    [InlineData("/dnsaddr/nobody.example", "nobody.example")]
    public async Task A_name_that_leads_nowhere_is_told_as_a_fault_that_may_pass(string address, string name)
    {
        _names.Hosts["v4.example"] = ["8.8.8.8"];
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => ResolveAsync(AddressClass.Public, address));
        Assert.Equal((Libp2pErrorCodes.NameFailed, true), (fault.Code, fault.IsTransient));
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_the_longest_length_is_asked_for_and_one_character_more_is_not()
    {
        var longest = string.Join('.', Enumerable.Repeat("a23456789", 25)) + ".abc";
        Assert.Equal(AddressResolver.MaxNameLength, longest.Length);
        await Assert.ThrowsAsync<Libp2pException>(() => ResolveAsync(AddressClass.Public, $"/dns4/{longest}/tcp/1"));
        Assert.Equal(1, _names.Questions);
        await Assert.ThrowsAsync<Libp2pException>(() => ResolveAsync(AddressClass.Public, $"/dns4/{longest}d/tcp/1"));
        Assert.Equal(1, _names.Questions);
    }

    [Fact]
    public async Task A_name_leads_only_where_the_teller_could_send_us()
    {
        _names.Hosts["evil.example"] = ["127.0.0.1", "10.0.0.1", "8.8.8.8", "0.0.0.0"];
        _names.Hosts["inside.example"] = ["127.0.0.1", "::ffff:10.0.0.1"];
        _names.Texts["_dnsaddr.evil.example"] =
        [
            $"dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/{_peer}", $"dnsaddr=/dns4/localhost/tcp/1/p2p/{_peer}", $"dnsaddr=/dns4/evil.example/tcp/1/p2p/{_peer}",
        ];
        Assert.Equal("/ip4/8.8.8.8/tcp/1", await ResolveAsync(AddressClass.Public, "/dns4/evil.example/tcp/1"));
        Assert.Equal("/ip4/10.0.0.1/tcp/1 /ip4/8.8.8.8/tcp/1", await ResolveAsync(AddressClass.Private, "/dns4/evil.example/tcp/1"));
        Assert.Equal("/ip4/127.0.0.1/tcp/1 /ip4/10.0.0.1/tcp/1 /ip4/8.8.8.8/tcp/1", await ResolveAsync(AddressClass.Loopback, "/dns4/evil.example/tcp/1"));
        Assert.Equal("/dns4/evil.example/tcp/1", await ResolveAsync(AddressClass.Public, "/dnsaddr/evil.example"));
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => ResolveAsync(AddressClass.Public, "/dns/inside.example/tcp/1"));
        Assert.Equal(Libp2pErrorCodes.Gated, fault.Code);
    }

    [Fact]
    public async Task Entries_of_dnsaddr_count_when_they_end_in_the_peer()
    {
        _names.Texts["_dnsaddr.boot.example"] =
        [
            $"dnsaddr=/ip4/8.8.8.8/tcp/1/p2p/{_peer}", $"dnsaddr=/ip4/8.8.8.8/tcp/2/p2p/{TestHosts.SomePeer()}", "dnsaddr=/ip4/8.8.8.8/tcp/3", "dnsaddr=nonsense", "dnsaddr=",
            $"other=/ip4/8.8.8.8/tcp/4/p2p/{_peer}", $"dnsaddr=/dnsaddr/more.example/p2p/{_peer}",
        ];
        Assert.Equal("/ip4/8.8.8.8/tcp/1 /dnsaddr/more.example", await ResolveAsync(AddressClass.Public, "/dnsaddr/boot.example"));
    }

    [Fact]
    public async Task An_answer_gives_so_many_records_and_no_more()
    {
        _names.Hosts["full.example"] = [.. Enumerable.Range(0, AddressResolver.MaxRecords).Select(i => $"8.8.8.{i}")];
        _names.Hosts["more.example"] = [.. _names.Hosts["full.example"], "8.8.4.4"];
        Assert.Equal(AddressResolver.MaxRecords, (await ResolveAsync(AddressClass.Public, "/dns4/full.example/tcp/1")).Split(' ').Length);
        Assert.DoesNotContain("8.8.4.4", await ResolveAsync(AddressClass.Public, "/dns4/more.example/tcp/1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_the_longest_length_is_read_and_one_character_more_is_not()
    {
        var rest = $"/tcp/1/p2p/{_peer}";
        var name = new string('a', AddressResolver.MaxTextLength - "dnsaddr=/dns4/".Length - rest.Length);
        _names.Texts["_dnsaddr.long.example"] = [$"dnsaddr=/dns4/{name}{rest}", $"dnsaddr=/dns4/b{name}{rest}"];
        Assert.Equal($"/dns4/{name}/tcp/1", await ResolveAsync(AddressClass.Public, "/dnsaddr/long.example"));
    }

    [Theory]
    [InlineData(0, 10, 0)]
    [InlineData(60, 60, 0)]
    [InlineData(1_000_000, 3600, 0)]
    [InlineData(60, 60, -10)]
    [InlineData(60, 60, 10)]
    public async Task An_answer_is_remembered_within_bounds_whatever_the_clock_is_set_to(int timeToLive, int seconds, int setByHours)
    {
        _names.TimeToLive = TimeSpan.FromSeconds(timeToLive);
        _names.Hosts["a.example"] = ["8.8.8.8"];
        var resolver = new AddressResolver(_names, _time);
        await AskAsync();
        _time.Step = TimeSpan.FromHours(setByHours);
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        await AskAsync();
        Assert.Equal(1, _names.Questions);
        _time.Advance(TimeSpan.FromTicks(1));
        await AskAsync();
        Assert.Equal(2, _names.Questions);

        Task AskAsync() => resolver.ResolveAsync(Multiaddr.Parse("/dns4/a.example/tcp/1"), AddressClass.Public, null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Answers_are_remembered_up_to_the_most()
    {
        var cache = new NameCache<string>(_time);
        for (var i = 0; i < NameCache<string>.Capacity; i++)
        {
            cache.Add($"{i}", new NameAnswer<string>([], TimeSpan.FromMinutes(1)));
        }

        Assert.NotNull(cache.Find("0"));
        cache.Add("one more", new NameAnswer<string>([], TimeSpan.FromMinutes(1)));
        Assert.Null(cache.Find("0"));
        Assert.NotNull(cache.Find("1"));
        Assert.NotNull(cache.Find("one more"));
    }

    private async Task<string> ResolveAsync(AddressClass teller, string address)
    {
        var resolver = new AddressResolver(_names, _time);
        return string.Join(' ', await resolver.ResolveAsync(Multiaddr.Parse(address), teller, _peer, TestContext.Current.CancellationToken));
    }
}
