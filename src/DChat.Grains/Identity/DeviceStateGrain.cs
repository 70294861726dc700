using System.Security.Cryptography;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Statements;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Identity;

/// <summary>What one device has sealed for the others of its identity: the latest, and no more of it than one state is long.</summary>
[RequireSiloRole(SiloRole.Core), CollectionAgeLimit(Minutes = 2), GrainType("dchat.device-state")]
public sealed class DeviceStateGrain(
    [PersistentState(DeviceStateRecord.Name, DeviceStateRecord.Storage)] IPersistentState<DeviceStateRecord> record,
    IOptions<NetworkOptions> network) : Grain, IDeviceStateGrain
{
    private byte[]? Current => record.State.Signed is { Length: > 0 } signed ? signed : null;

    /// <inheritdoc/>
    public async Task<SealedStateBytes?> WriteAsync(SealedStateBytes state)
    {
        var (identity, device) = GrainKeys.ParseDeviceState(this.GetPrimaryKeyString(), network.Value.Network);
        var fault = Signed<SealedDeviceState>.TryRead(state.Signed, network.Value.Network, out var signed);
        if (fault != StatementFault.None || signed!.Statement.Identity != identity || signed.Statement.Device != device)
        {
            throw new DChatException("device-state-malformed", $"This is no sealed state of device {device} of identity {identity}: {fault}.");
        }

        if (Current is { } current && !signed.Statement.IsLaterThan(Read(current)))
        {
            return current.AsSpan().SequenceEqual(state.Signed) ? null : new SealedStateBytes(current);
        }

        var standing = await GrainFactory.GetGrain<IIdentityGrain>(GrainKeys.Identity(network.Value.Network, identity)).StandingOfAsync(device.Value.ToArray());
        if (standing != DeviceStanding.Active)
        {
            throw new DChatException("device-not-active", $"Device {device} is no device of identity {identity} now.");
        }

        await KeepAsync(state.Signed);
        return null;
    }

    /// <inheritdoc/>
    public Task<SealedStateReply> ReadAsync(SealedStateQuery query)
    {
        var isKnown = Current is { } current && query.Known is { } known && known.AsSpan().SequenceEqual(SHA256.HashData(current));
        return Task.FromResult(new SealedStateReply(isKnown ? null : Current, isKnown));
    }

    /// <inheritdoc/>
    public Task ClearAsync() => Current is null ? Task.CompletedTask : KeepAsync([]);

    private async Task KeepAsync(byte[] signed)
    {
        var before = record.State.Signed;
        record.State.Signed = signed;
        try
        {
            await record.WriteStateAsync();
        }
        catch
        {
            record.State.Signed = before;
            DeactivateOnIdle();
            throw;
        }
    }

    // It was read before it was kept.
    private SealedDeviceState Read(byte[] signed)
    {
        Signed<SealedDeviceState>.TryRead(signed, network.Value.Network, out var read);
        return read!.Statement;
    }
}
