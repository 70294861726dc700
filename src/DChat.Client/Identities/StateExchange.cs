using System.Security.Cryptography;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Client.Identities;

/// <summary>Reads what the other devices of an identity have sealed, and seals for them what they lack.</summary>
internal sealed class StateExchange(
    ICluster cluster, IIdentityStore store, DeviceSecret device, HybridLogicalClock clock, RetryPolicy retry, TimeSpan limit)
{
    // Another process of this device may write at the same time.
    private const int Attempts = 8;

    /// <summary>Merges what the others have sealed.</summary>
    /// <returns>How many states were new.</returns>
    public async Task<int> ReadAsync(DeviceLogView view, string network, CancellationToken cancellationToken)
    {
        var read = 0;
        foreach (var other in view.ActiveDevices.Where(other => other.Device != device.PublicKey).ToList())
        {
            var known = store.Read().Merged.GetValueOrDefault(other.Device);
            var query = new SealedStateQuery(known is null ? null : Convert.FromHexString(known));
            var reply = await retry.RunAsync(
                () => cluster.ReadDeviceStateAsync(network, view.Identity, other.Device, query), limit, cancellationToken).ConfigureAwait(false);
            if (reply.Signed is { } signed && Open(network, view.Identity, other.Device, signed) is { } state)
            {
                await store.UpdateAsync(
                    record => record with { State = record.State.Merge(state), Merged = record.Merged.SetItem(other.Device, Hash(signed)) },
                    cancellationToken).ConfigureAwait(false);
                read++;
            }
        }

        return read;
    }

    /// <summary>Seals the state anew, if it or those it is for have changed, or the cluster has lost it.</summary>
    /// <returns>Whether it was.</returns>
    /// <exception cref="DChatException">It is too long (<c>shared-state-full</c>).</exception>
    public async Task<bool> WriteAsync(DeviceLogView view, string network, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var record = store.Read();
            List<IdentityDevice> recipients = [.. view.ActiveDevices];
            var content = Hash([.. record.State.WithoutSeen().Encode(), .. recipients.SelectMany(other => other.Device.Value.ToArray())]);
            if (content == record.SealedContent && await IsThereAsync(view.Identity, network, record.Sealed!, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            var state = record.State.Next(device.PublicKey);
            var hlc = Later(clock.Next(), record.SealedAt);
            var signed = Seal(view.Identity, network, hlc, recipients, state);
            var later = await retry.RunAsync(
                () => cluster.WriteDeviceStateAsync(network, view.Identity, device.PublicKey, new SealedStateBytes(signed)), limit, cancellationToken).ConfigureAwait(false);
            if (later is null)
            {
                await store.UpdateAsync(
                    now => now with { State = now.State.Merge(state), SealedAt = hlc, Sealed = Hash(signed), SealedContent = content },
                    cancellationToken).ConfigureAwait(false);
                return true;
            }

            await TakeOverAsync(view.Identity, network, later.Signed, cancellationToken).ConfigureAwait(false);
        }

        throw new DChatException(DChatErrorCodes.HomeLocked, "Other processes of this device keep sealing its state: try again.", isTransient: true);
    }

    private async Task<bool> IsThereAsync(IdentityId identity, string network, string known, CancellationToken cancellationToken) =>
        (await retry.RunAsync(
            () => cluster.ReadDeviceStateAsync(network, identity, device.PublicKey, new SealedStateQuery(Convert.FromHexString(known))),
            limit,
            cancellationToken).ConfigureAwait(false)).IsKnown;

    // Our own later state: of another process, or of this home before it was restored.
    private async Task TakeOverAsync(IdentityId identity, string network, byte[] signed, CancellationToken cancellationToken)
    {
        Signed<SealedDeviceState>.TryRead(signed, network, out var read);
        var state = Open(network, identity, device.PublicKey, signed) ?? SharedState.Empty;
        await store.UpdateAsync(
            record => record with { State = record.State.Merge(state), SealedAt = Max(record.SealedAt, read?.Statement.Hlc ?? default), SealedContent = null },
            cancellationToken).ConfigureAwait(false);
    }

    private byte[] Seal(IdentityId identity, string network, HybridTimestamp hlc, List<IdentityDevice> recipients, SharedState state)
    {
        var content = state.Encode();
        return content.Length <= DeviceStateSeal.MaxContentLength
            ? DeviceStateSeal.Seal(network, device, identity, hlc, [.. recipients.Select(other => other.Box)], content).Encode()
            : throw new DChatException(
                DChatErrorCodes.SharedStateFull, $"What the devices share has {content.Length} bytes, and at most {DeviceStateSeal.MaxContentLength} are exchanged.");
    }

    private SharedState? Open(string network, IdentityId identity, DeviceKey writer, byte[] signed) =>
        Signed<SealedDeviceState>.TryRead(signed, network, out var read) == StatementFault.None
        && read!.Statement.Identity == identity && read.Statement.Device == writer
        && DeviceStateSeal.TryOpen(device, read.Statement) is { } content
            ? SharedState.TryDecode(content)
            : null;

    private static HybridTimestamp Later(HybridTimestamp now, HybridTimestamp last) => now > last ? now : new HybridTimestamp(last.Value + 1);

    private static HybridTimestamp Max(HybridTimestamp left, HybridTimestamp right) => left > right ? left : right;

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
