using DChat.Abstractions.Messages;
using DChat.Cli.Tests.Fakes;
using DChat.Testing.Peers;

namespace DChat.Cli.Tests.Commands;

public sealed class RelayCircuitCommandTests : IDisposable
{
    private const string Address = "/ip4/192.0.2.7/tcp/4001/p2p/relay-a";

    private static readonly CircuitRelayDescription Reserved = new(Address, "reserved", isNamed: true)
    {
        Expires = DateTimeOffset.UnixEpoch.AddHours(1),
        Duration = TimeSpan.FromMinutes(2),
        Bytes = 131_072,
    };

    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Reservations_of_others_and_own_ones_are_shown_below_each_gateway()
    {
        Add("gateway-a", isServing: true);

        Assert.Equal(0, await _run.RunAsync("relay-circuit", "status"));

        var lines = _run.Output.Split('\n').Select(line => line.TrimEnd()).ToList();
        Assert.Equal("gateway gateway-a in silo edge-1: 1 of 128 reservations held, 2 of 256 circuits open, 77 bytes carried", lines[0]);
        Assert.Equal("  limits: 8 reservations of a network, 16 circuits of a peer, 131072 bytes each way for 00:02:00", lines[1]);
        Assert.Matches("^ +peer +until +circuits +bytes$", lines[2]);
        Assert.Matches(@"^ +peer-a +\S+ \S+ +2 +55$", lines[3]);
        Assert.Equal("  requests: reserve ok 3, connect no-reservation 1", lines[4]);
        Assert.Matches("^ +reached through +state +until +a circuit carries +why not$", lines[5]);
        Assert.Contains("reserved", _run.Output, StringComparison.Ordinal);
        Assert.Equal("", _run.Error);
    }

    [Fact]
    public async Task Status_has_its_shape_in_json()
    {
        Add("gateway-a", isServing: true);

        Assert.Equal(0, await _run.RunAsync("relay-circuit", "status", "--json"));

        Assert.Equal(
            [
                """{"type":"circuits","gateway":"gateway-a","silo":"edge-1","serving":true,"reservations":1,"circuits":2,"bytes":77,"max_reservations":128,"max_reservations_per_network":8,"max_circuits":256,"max_circuits_per_peer":16,"circuit_seconds":120,"circuit_bytes":131072}""",
                """{"type":"circuit_reservation","gateway":"gateway-a","peer_id":"peer-a","expires":"1970-01-01T01:00:00+00:00","circuits":2,"bytes":55}""",
                """{"type":"circuit_requests","gateway":"gateway-a","request":"reserve","status":"ok","count":3}""",
                """{"type":"circuit_requests","gateway":"gateway-a","request":"connect","status":"no-reservation","count":1}""",
                $$"""{"type":"circuit_relay","gateway":"gateway-a","address":"{{Address}}","state":"reserved","named":true,"expires":"1970-01-01T01:00:00+00:00","circuit_seconds":120,"circuit_bytes":131072}""",
            ],
            _run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_and_one_that_leads_to_nobody_say_so()
    {
        _run.Cluster.Gateways.Add(GatewayReports.Gateway("gateway-a"));
        Assert.Equal(0, await _run.RunAsync("relay-circuit", "status"));
        Assert.Equal("gateway gateway-a in silo edge-1: it does not answer.", _run.Output.TrimEnd());

        Add("gateway-b", isServing: false);
        Assert.Equal(0, await _run.RunAsync("relay-circuit", "status", "--gateway", "gateway-b"));
        Assert.StartsWith("gateway gateway-b in silo edge-1: leads to nobody", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_addresses_are_shown_with_what_others_find()
    {
        Add("gateway-a", isServing: false);
        Assert.Equal(0, await _run.RunAsync("relay-circuit", "status"));
        var lines = _run.Output.Split('\n').Select(line => line.TrimEnd()).ToList();
        Assert.Matches("^ +own address +others find it +reached from +not from +since$", lines[1]);
        Assert.Matches(@"^ +/ip4/192\.0\.2\.1/tcp/4001 +unreachable +1 networks +4 networks +\S+ \S+$", lines[2]);

        Assert.Equal(0, await _run.RunAsync("relay-circuit", "status", "--json"));
        Assert.Equal(
            """{"type":"gateway_address","gateway":"gateway-a","address":"/ip4/192.0.2.1/tcp/4001","state":"unreachable","reached":1,"failed":4,"settled_at":"1970-01-01T00:00:00+00:00"}""",
            _run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1]);
    }

    [Fact]
    public async Task A_relay_is_reserved_at_and_released()
    {
        Add("gateway-a", isServing: true);
        _run.Cluster.CircuitRelays[Address] = Reserved;

        Assert.Equal(0, await _run.RunAsync("relay-circuit", "reserve", Address, "--json"));
        Assert.Equal("reserved", Assert.Single(_run.Lines).GetProperty("state").GetString());
        Assert.Equal(0, await _run.RunAsync("relay-circuit", "release", "relay-a", "--json"));
        Assert.True(Assert.Single(_run.Lines).GetProperty("known").GetBoolean());
        Assert.Equal(0, await _run.RunAsync("relay-circuit", "release", "relay-b"));
        Assert.Equal("gateway gateway-a: it did not know relay-b", _run.Output.TrimEnd());
    }

    [Fact]
    public async Task A_reservation_that_is_refused_is_shown_and_is_not_a_success()
    {
        Add("gateway-a", isServing: true);
        _run.Cluster.CircuitRelays[Address] = new CircuitRelayDescription(Address, "waiting", isNamed: true) { Fault = "It has no room.", RetryAt = DateTimeOffset.UnixEpoch };

        Assert.Equal(3, await _run.RunAsync("relay-circuit", "reserve", Address));
        Assert.Contains("waiting", _run.Output, StringComparison.Ordinal);
        Assert.Contains("It has no room. Tried again at ", _run.Output, StringComparison.Ordinal);
        Assert.Contains("No gateway has a reservation there yet; they go on trying. It has no room.", _run.Error, StringComparison.Ordinal);

        Assert.Equal(3, await _run.RunAsync("relay-circuit", "reserve", Address, "--json"));
        Assert.Equal("circuit-not-reserved", Assert.Single(_run.ErrorLines).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_gateway_that_does_not_take_the_relay_will_not_reserve_by_itself()
    {
        Add("gateway-a", isServing: true);
        _run.Cluster.CircuitRelays[Address] = new CircuitRelayDescription(Address, "waiting", isNamed: false) { Fault = "64 relays are named already." };

        Assert.Equal(1, await _run.RunAsync("relay-circuit", "reserve", Address));
        Assert.Contains("No gateway has a reservation there. 64 relays are named already.", _run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("go on trying", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reservation_of_one_gateway_is_a_success_though_another_has_none()
    {
        Add("gateway-a", isServing: true);
        Add("gateway-b", isServing: true);
        _run.Cluster.CircuitRelays[Address] = Reserved;
        _run.Cluster.CircuitRelaysOf["gateway-a"] = new CircuitRelayDescription(Address, "waiting", isNamed: true) { Fault = "It has no room." };

        Assert.Equal(0, await _run.RunAsync("relay-circuit", "reserve", Address, "--json"));
        Assert.Equal(["waiting", "reserved"], _run.Lines.Select(line => line.GetProperty("state").GetString()));
        Assert.Equal("", _run.Error);
    }

    [Fact]
    public async Task What_is_no_relay_and_no_gateway_at_all_are_errors()
    {
        Assert.Equal(1, await _run.RunAsync("relay-circuit", "reserve", Address, "--json"));
        Assert.Equal("gateway-unknown", Assert.Single(_run.ErrorLines).GetProperty("error").GetString());

        Add("gateway-a", isServing: true);
        Assert.Equal(1, await _run.RunAsync("relay-circuit", "reserve", "nonsense", "--json"));
        Assert.Equal("relay-address-malformed", Assert.Single(_run.ErrorLines).GetProperty("error").GetString());
    }

    private void Add(string gateway, bool isServing)
    {
        _run.Cluster.Gateways.Add(GatewayReports.Gateway(gateway));
        _run.Cluster.Circuits[gateway] = new CircuitDescription(
            gateway,
            isServing,
            new CircuitLimitsDescription(128, 8, 256, 16, TimeSpan.FromMinutes(2), 131_072),
            isServing ? [new CircuitReservationDescription("peer-a", DateTimeOffset.UnixEpoch.AddHours(1), 2, 55)] : [],
            circuits: 2,
            bytes: 77,
            isServing ? [new CircuitRequestCount("reserve", "ok", 3), new CircuitRequestCount("connect", "no-reservation", 1)] : [],
            isServing ? [Reserved] : [],
            isServing ? [] : [new GatewayAddressDescription("/ip4/192.0.2.1/tcp/4001", "unreachable", 1, 4, DateTimeOffset.UnixEpoch)]);
    }
}
