using System.Security.Cryptography;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Client.Tests.Fakes;

/// <content>Identities.</content>
internal sealed partial class FakeCluster
{
    private readonly Dictionary<IdentityId, DeviceLog> _logs = [];

    /// <summary>What devices have sealed.</summary>
    public Dictionary<DeviceKey, byte[]> SealedStates { get; } = [];

    /// <summary>How often a device log was read.</summary>
    public int LogReads { get; private set; }

    public DeviceLog LogOf(IdentityId identity)
    {
        lock (_gate)
        {
            return _logs.TryGetValue(identity, out var log) ? log : _logs[identity] = new DeviceLog(Network, identity);
        }
    }

    /// <summary>Loses all that is kept of identities.</summary>
    public void ForgetIdentities()
    {
        lock (_gate)
        {
            _logs.Clear();
            SealedStates.Clear();
        }
    }

    public async Task<DeviceLogReply> AppendDeviceLogAsync(string network, IdentityId identity, DeviceLogEntries entries)
    {
        await AnswerAsync();
        var log = LogOf(identity);
        lock (_gate)
        {
            return new DeviceLogReply(Array.ConvertAll(entries.Entries, bytes =>
            {
                Assert.Equal(StatementFault.None, Signed<DeviceLogEntry>.TryRead(bytes, network, out var entry));
                return log.Apply(entry!);
            }));
        }
    }

    public async Task<DeviceLogPage> ReadDeviceLogAsync(string network, IdentityId identity, int skip)
    {
        await AnswerAsync();
        var log = LogOf(identity);
        lock (_gate)
        {
            LogReads++;
            return new DeviceLogPage([.. log.Entries.Skip(skip).Take(2).Select(entry => entry.Encode())], log.Entries.Count);
        }
    }

    public async Task<SealedStateBytes?> WriteDeviceStateAsync(string network, IdentityId identity, DeviceKey device, SealedStateBytes state)
    {
        await AnswerAsync();
        var log = LogOf(identity);
        lock (_gate)
        {
            Assert.Equal(StatementFault.None, Signed<SealedDeviceState>.TryRead(state.Signed, network, out var given));
            if (log.View.StandingOf(device) != DeviceStanding.Active)
            {
                throw new DChatException("device-not-active", "No.");
            }

            if (SealedStates.TryGetValue(device, out var kept)
                && Signed<SealedDeviceState>.TryRead(kept, network, out var known) == StatementFault.None && !given!.Statement.IsLaterThan(known!.Statement))
            {
                return kept.AsSpan().SequenceEqual(state.Signed) ? null : new SealedStateBytes(kept);
            }

            SealedStates[device] = state.Signed;
            return null;
        }
    }

    public async Task<SealedStateReply> ReadDeviceStateAsync(string network, IdentityId identity, DeviceKey device, SealedStateQuery query)
    {
        await AnswerAsync();
        lock (_gate)
        {
            var kept = SealedStates.GetValueOrDefault(device);
            var isKnown = kept is not null && query.Known is { } known && known.AsSpan().SequenceEqual(SHA256.HashData(kept));
            return new SealedStateReply(isKnown ? null : kept, isKnown);
        }
    }
}
