using System.Runtime.Versioning;
using DChat.Core;
using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Storage.Keys;
using DChat.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Storage.Tests.Keys;

[UnsupportedOSPlatform("windows")]
public sealed class RelayKeysTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly string[] AllFiles = ["relay.key", "gateways/edge-1.key", "gateways/edge-1.delegation"];

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_first_start_makes_the_keys_and_a_delegation_that_verifies_and_the_next_one_keeps_them()
    {
        byte[] seed;
        RelayId relay;
        using (var first = Open())
        {
            seed = first.ExportGatewaySeed();
            relay = first.RelayId;
            AssertSpeaksFor(relay, first);
        }

        using var second = Open();

        Assert.Equal(relay, second.RelayId);
        Assert.Equal(seed, second.ExportGatewaySeed());
        using var key = SigningKey.FromSeed(seed);
        Assert.Equal(key.PublicKey, second.GatewayKey);
        Assert.Equal(AllFiles.Select(name => _folder[$"data/{name}"]).Order(), Files());
    }

    [Fact]
    public void Files_and_folder_are_private_to_their_owner()
    {
        Open().Dispose();

        Assert.All(AllFiles, name => Assert.Equal(OwnerOnly, File.GetUnixFileMode(_folder[$"data/{name}"])));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["data/gateways"]));
    }

    [Theory]
    [InlineData("relay.key", UnixFileMode.GroupRead, "600")]
    [InlineData("relay.key", UnixFileMode.OtherWrite, "600")]
    [InlineData("gateways/edge-1.key", UnixFileMode.OtherRead, "600")]
    [InlineData("gateways", UnixFileMode.GroupExecute, "700")]
    public void What_others_may_use_stops_the_start_and_is_named_with_the_cure(string name, UnixFileMode mode, string cure)
    {
        Open().Dispose();
        var path = _folder[$"data/{name}"];
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | mode);

        var error = AssertFails("key-permissions");

        Assert.Contains($"chmod {cure}", error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relay.key", 0)]
    [InlineData("relay.key", 40)]
    [InlineData("relay.key", 100)]
    [InlineData("gateways/edge-1.key", 21)]
    [InlineData("gateways/edge-1.delegation", 1)]
    [InlineData("gateways/edge-1.delegation", 60)]
    public void A_damaged_file_stops_the_start_and_is_left_as_it_is(string name, int offset)
    {
        Open().Dispose();
        var path = _folder[$"data/{name}"];
        var bytes = File.ReadAllBytes(path);
        bytes[offset] = bytes[offset] == '0' ? (byte)'1' : (byte)'0';
        File.WriteAllBytes(path, bytes);

        var error = AssertFails("key-corrupt");

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("relay.key", 0)]
    [InlineData("relay.key", 60)]
    [InlineData("gateways/edge-1.key", 0)]
    [InlineData("gateways/edge-1.delegation", 0)]
    [InlineData("relay.key", RelayKeys.MaxFileBytes)]
    [InlineData("relay.key", RelayKeys.MaxFileBytes + 1)]
    public void A_file_of_another_length_stops_the_start(string name, int length)
    {
        Open().Dispose();
        using (var file = File.OpenWrite(_folder[$"data/{name}"]))
        {
            file.SetLength(length);
        }

        AssertFails("key-corrupt");
    }

    [Fact]
    public void A_gateways_key_does_not_pass_for_a_relays()
    {
        Open().Dispose();
        File.Copy(_folder["data/gateways/edge-1.key"], _folder["data/relay.key"], overwrite: true);

        AssertFails("key-corrupt");
    }

    [Fact]
    public void A_name_belongs_to_one_process_at_a_time()
    {
        using (Open())
        {
            var error = AssertFails("gateway-locked");
            Assert.True(error.IsTransient);
            Assert.Contains("--name", error.Message, StringComparison.Ordinal);
        }

        Open().Dispose();
    }

    [Fact]
    public async Task Gateways_that_start_at_once_on_a_fresh_folder_agree_on_one_relay()
    {
        const int Gateways = 8;
        for (var round = 0; round < 20; round++)
        {
            using var start = new Barrier(Gateways);
            var opened = await Task.WhenAll(Enumerable.Range(0, Gateways).Select(i => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Open($"edge-{i}", $"data-{round}");
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));

            Assert.Single(opened.Select(keys => keys.RelayId).Distinct());
            Assert.Equal(Gateways, opened.Select(keys => keys.GatewayKey).Distinct().Count());
            Assert.All(opened, keys => AssertSpeaksFor(opened[0].RelayId, keys));
            Assert.Empty(Directory.GetFiles(_folder[$"data-{round}"], "*.tmp", SearchOption.AllDirectories));
            Assert.All(opened, keys => keys.Dispose());
        }
    }

    [Fact]
    public void What_a_killed_process_left_half_written_is_neither_read_nor_kept()
    {
        Directory.CreateDirectory(_folder["data"]);
        Directory.CreateDirectory(_folder["data/gateways"], OwnerOnly | UnixFileMode.UserExecute);
        foreach (var name in AllFiles)
        {
            File.WriteAllText($"{_folder[$"data/{name}"]}.{Guid.NewGuid():N}.tmp", "dchat-relay-key-v1 00");
        }

        using var keys = Open();

        AssertSpeaksFor(keys.RelayId, keys);
        Assert.Equal(AllFiles.Select(name => _folder[$"data/{name}"]).Order(), Files());
    }

    [Fact]
    public void A_delegation_is_renewed_at_start_when_less_than_half_is_left()
    {
        var first = OpenAndClose();
        _time.Advance(RelayKeys.Lifetime / 2);
        Assert.Equal(first, OpenAndClose());

        _time.Advance(TimeSpan.FromMilliseconds(1));
        var renewed = OpenAndClose();

        Assert.NotEqual(first, renewed);
        Assert.Equal(first.Relay, renewed.Relay);
        Assert.Equal(_time.GetUtcNow() + RelayKeys.Lifetime, renewed.NotAfter);
    }

    [Fact]
    public void A_running_gateway_renews_its_delegation_when_less_than_half_is_left()
    {
        using var keys = Open();
        var first = Verified(keys);

        _time.Advance(RelayKeys.Lifetime / 2);
        Assert.Equal(first, Verified(keys));
        _time.Advance(RelayKeys.RenewalPeriod);

        Assert.Equal(_time.GetUtcNow() + RelayKeys.Lifetime, Verified(keys).NotAfter);
        AssertSpeaksFor(first.Relay, keys);
    }

    [Fact]
    public void While_the_operators_key_is_elsewhere_the_delegation_serves_until_it_ends()
    {
        var relay = OpenAndClose().Relay;
        File.Move(_folder["data/relay.key"], _folder["safe"]);

        using (var keys = Open())
        {
            Assert.Equal(relay, keys.RelayId);
            _time.Advance(RelayKeys.Lifetime);
            Assert.Equal(relay, Verified(keys).Relay);
        }

        Open().Dispose();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        AssertFails("delegation-unusable");

        File.Move(_folder["safe"], _folder["data/relay.key"]);
        Assert.Equal(relay, OpenAndClose().Relay);
    }

    [Fact]
    public void Without_the_operators_key_nobody_delegates_to_a_new_gateway_or_in_another_network_and_no_other_relay_is_made()
    {
        Open().Dispose();
        File.Delete(_folder["data/relay.key"]);

        AssertFails("delegation-unusable", name: "edge-2");
        AssertFails("delegation-unusable", network: "another");

        Assert.False(File.Exists(_folder["data/relay.key"]));
    }

    [Fact]
    public void A_gateway_follows_its_operator_to_another_relay_key()
    {
        var old = OpenAndClose().Relay;
        File.Delete(_folder["data/relay.key"]);
        Open(directory: "other").Dispose();
        File.Copy(_folder["other/relay.key"], _folder["data/relay.key"]);

        using var keys = Open();

        Assert.NotEqual(old, keys.RelayId);
        AssertSpeaksFor(keys.RelayId, keys);
    }

    private RelayKeys Open(string name = "edge-1", string directory = "data", string network = "dchat-test") =>
        RelayKeys.Open(new RelayKeysOptions { Directory = _folder[directory], Network = network, Name = name }, _time);

    private GatewayDelegation OpenAndClose()
    {
        using var keys = Open();
        return Verified(keys);
    }

    private DChatException AssertFails(string code, string name = "edge-1", string network = "dchat-test")
    {
        var error = Assert.Throws<DChatException>(() => Open(name, network: network));
        Assert.Equal(code, error.Code);
        return error;
    }

    private static GatewayDelegation Verified(RelayKeys keys)
    {
        Assert.Equal(StatementFault.None, Signed<GatewayDelegation>.TryVerify(keys.Current.Message, "dchat-test", out var signed));
        return signed!.Statement;
    }

    private void AssertSpeaksFor(RelayId relay, RelayKeys keys)
    {
        var delegation = Verified(keys);
        Assert.Equal((relay, keys.GatewayKey), (delegation.Relay, delegation.Gateway));
        Assert.True(delegation.HoldsAt(_time.GetUtcNow()));
        Assert.True(delegation.HoldsAt(_time.GetUtcNow() - RelayKeys.ClockTolerance));
    }

    private IEnumerable<string> Files() => Directory.GetFiles(_folder["data"], "*", SearchOption.AllDirectories).Order();
}
