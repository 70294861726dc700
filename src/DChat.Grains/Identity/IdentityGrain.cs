using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Identity;

/// <summary>
/// A device log: a shell over <see cref="DeviceLog"/>. Lives on core, whose silos share their grain state.
/// </summary>
[RequireSiloRole(SiloRole.Core), CollectionAgeLimit(Minutes = 2), GrainType("dchat.identity")]
public sealed class IdentityGrain(
    [PersistentState(IdentityState.Name, IdentityState.Storage)] IPersistentState<IdentityState> state,
    IdentityQuota quota,
    IOptions<NetworkOptions> network) : Grain, IIdentityGrain, IIncomingGrainCallFilter
{
    private static readonly AsyncLocal<string?> Caller = new();

    private DeviceLog? _log;
    private bool _isBehind;

    private DeviceLog Log => _log!;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _log = new DeviceLog(network.Value.Network, GrainKeys.ParseIdentity(this.GetPrimaryKeyString(), network.Value.Network));
        foreach (var entry in state.State.Entries)
        {
            Log.Apply(Read(entry));
        }

        return base.OnActivateAsync(cancellationToken);
    }

    /// <summary>Remembers who calls, because beginning an identity is charged to the caller. Taken from the message's header, not from an argument.</summary>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        Caller.Value = context.SourceId?.ToString();
        return context.Invoke();
    }

    /// <inheritdoc/>
    public async Task<DeviceLogReply> AppendAsync(DeviceLogEntries entries)
    {
        if (_isBehind)
        {
            throw new DChatException("storage-failed", "The device log could not be kept: try again.", isTransient: true);
        }

        var read = ReadAll(entries);
        CheckQuota(read);
        var before = Log.View.Devices.Where(device => device.Standing == DeviceStanding.Revoked).Select(device => device.Device).ToHashSet();
        var outcomes = Array.ConvertAll(read, Log.Apply);
        var kept = Enumerable.Range(0, read.Length).Where(place => outcomes[place] == DeviceLogOutcome.Kept).ToList();
        if (kept.Count > 0)
        {
            state.State.Entries.AddRange(kept.Select(place => entries.Entries[place]));
            await WriteAsync();
            await ForgetStatesAsync(Log.View.Devices.Where(device => device.Standing == DeviceStanding.Revoked && !before.Contains(device.Device)));
        }

        return new DeviceLogReply(outcomes);
    }

    /// <inheritdoc/>
    public Task<DeviceLogPage> ReadAsync(int skip)
    {
        List<byte[]> page = [];
        var bytes = 0;
        foreach (var entry in state.State.Entries.Skip(Math.Max(0, skip)))
        {
            bytes += entry.Length;
            if (page.Count > 0 && bytes > DeviceLogEntries.MaxBytes)
            {
                break;
            }

            page.Add(entry);
        }

        return Task.FromResult(new DeviceLogPage([.. page], state.State.Entries.Count));
    }

    /// <inheritdoc/>
    public Task<DeviceStanding> StandingOfAsync(byte[] device) =>
        Task.FromResult(device.Length == Bytes32.Length ? Log.View.StandingOf(new DeviceKey(new Bytes32(device))) : DeviceStanding.Unknown);

    private Signed<DeviceLogEntry>[] ReadAll(DeviceLogEntries entries)
    {
        if (entries.Entries is not { Length: >= 1 and <= DeviceLogEntries.MaxCount } given || given.Sum(entry => (long)entry.Length) > DeviceLogEntries.MaxBytes)
        {
            throw Malformed($"bring 1–{DeviceLogEntries.MaxCount} entries and at most {DeviceLogEntries.MaxBytes} bytes at once");
        }

        return Array.ConvertAll(given, Read);
    }

    private Signed<DeviceLogEntry> Read(byte[] entry)
    {
        var fault = Signed<DeviceLogEntry>.TryRead(entry, network.Value.Network, out var signed);
        return fault == StatementFault.None ? signed! : throw Malformed($"an entry does not hold: {fault}");
    }

    private void CheckQuota(Signed<DeviceLogEntry>[] entries)
    {
        var begins = Log.Entries.Count == 0 && Array.Exists(entries, entry => DeviceEntryId.Of(entry).Value == Log.Identity.Value);
        if (begins && !quota.TryTake(Caller.Value ?? "unknown"))
        {
            throw new DChatException(
                "over-quota",
                $"This caller has begun {IdentityQuota.Burst} identities: another may be begun each {IdentityQuota.Refill.TotalMinutes} min.",
                isTransient: true);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // What is in memory is not on disk: the next activation begins with what is, and this one acknowledges nothing more.
            _isBehind = true;
            DeactivateOnIdle();
            throw;
        }
    }

    // Their states may hold what nobody else has merged, and still nobody may build on them. Readers pass over states of revoked
    // devices, so one that stays costs its room and nothing else.
    private async Task ForgetStatesAsync(IEnumerable<IdentityDevice> revoked)
    {
        foreach (var device in revoked.ToList())
        {
            try
            {
                await GrainFactory.GetGrain<IDeviceStateGrain>(GrainKeys.DeviceState(Log.Network, Log.Identity, device.Device)).ClearAsync();
            }
            catch (Exception failure) when (GrainFaults.MayPass(failure))
            {
            }
        }
    }

    private static DChatException Malformed(string why) => new("device-log-malformed", $"This cannot be brought to a device log: {why}.");
}
