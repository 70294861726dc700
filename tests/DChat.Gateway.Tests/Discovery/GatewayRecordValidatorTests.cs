using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Gateway.Discovery;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Discovery;

/// <summary>Which records of gateways the DHT keeps, and which of several it prefers.</summary>
public sealed class GatewayRecordValidatorTests : IDisposable
{
    private const string Network = "dchat-test";

    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SigningKey _gateway = SigningKey.Generate();
    private readonly SigningKey _relay = SigningKey.Generate();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly GatewayRecordValidator _validator;

    public GatewayRecordValidatorTests() => _validator = new GatewayRecordValidator(Network, _time);

    private byte[] Key => GatewayRecordValidator.KeyOf(PublicKey.FromEd25519(_gateway.PublicKey.ToArray()).Peer);

    public void Dispose()
    {
        _gateway.Dispose();
        _relay.Dispose();
    }

    [Fact]
    public void A_record_of_the_gateway_that_the_key_names_is_taken_with_its_relay()
    {
        var read = _validator.TryRead(Key, Record(Start));

        Assert.Equal(new RelayId(_relay.PublicKey), read?.Relay);
        Assert.True(_validator.Validate(Key, Record(Start)));
    }

    [Fact]
    public void A_forged_record_is_refused()
    {
        var forged = Record(Start);
        forged[^1] ^= 1;

        Assert.False(_validator.Validate(Key, forged));
        Assert.False(_validator.Validate(Key, []));
    }

    [Fact]
    public void A_record_under_the_key_of_another_gateway_or_namespace_is_refused()
    {
        using var other = SigningKey.Generate();

        Assert.False(_validator.Validate(GatewayRecordValidator.KeyOf(PublicKey.FromEd25519(other.PublicKey.ToArray()).Peer), Record(Start)));
        Assert.False(_validator.Validate([.. "/other/"u8, .. Key.AsSpan("/dchat-relay/".Length)], Record(Start)));
    }

    [Fact]
    public void A_record_of_another_network_is_refused() =>
        Assert.False(new GatewayRecordValidator("another-network", _time).Validate(Key, Record(Start)));

    [Fact]
    public void A_stale_record_is_refused_from_the_moment_that_it_ends()
    {
        var record = Record(Start);
        _time.SetUtcNow(Start + GatewayRecord.MaxLifetime);
        Assert.True(_validator.Validate(Key, record));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_validator.Validate(Key, record));
    }

    [Fact]
    public void The_record_made_last_is_the_best_in_whatever_order_they_come()
    {
        ReadOnlyMemory<byte> first = Record(Start), second = Record(Start.AddMilliseconds(1));

        Assert.Equal(1, _validator.SelectBest(Key, [first, second]));
        Assert.Equal(0, _validator.SelectBest(Key, [second, first]));
    }

    [Fact]
    public void Of_two_made_at_once_everyone_prefers_the_same()
    {
        ReadOnlyMemory<byte> one = Record(Start, port: 1), two = Record(Start, port: 2);
        var preferred = _validator.SelectBest(Key, [one, two]);

        Assert.Equal(1 - preferred, _validator.SelectBest(Key, [two, one]));
    }

    private byte[] Record(DateTimeOffset madeAt, int port = 4001)
    {
        var delegation = new GatewayDelegation
        {
            Relay = new RelayId(_relay.PublicKey),
            Gateway = _gateway.PublicKey,
            NotBefore = Start.AddDays(-1),
            NotAfter = Start.AddDays(365),
        };
        var record = new GatewayRecord
        {
            Gateway = _gateway.PublicKey,
            Delegation = Signed<GatewayDelegation>.Sign(Network, delegation, _relay).Message,
            MadeAt = madeAt,
            NotAfter = madeAt + GatewayRecord.MaxLifetime,
            Addresses = [Multiaddr.Parse($"/ip4/192.0.2.1/tcp/{port}").Bytes],
        };
        return Signed<GatewayRecord>.Sign(Network, record, _gateway).Encode();
    }
}
