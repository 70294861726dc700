using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Topics;
using DChat.Federation;
using DChat.Gateway;
using DChat.Grains.Callers;
using DChat.Grains.Epochs;
using DChat.Grains.SyncShard;
using DChat.Storage.Azure.Log;
using DChat.Storage.Log.Local;

namespace DChat.Silo.Configuration;

/// <summary>
/// Every setting of a silo, as help and README list them: derived from the declarations beside the options. A key under
/// <c>DChat</c> that is not here is an error.
/// </summary>
internal static class Settings
{
    public static IReadOnlyList<OptionDescription> All { get; } =
    [
        .. OptionRules.Describe<NetworkOptions>(),
        .. OptionRules.Describe<SiloOptions>(),
        .. OptionRules.Describe<MembershipOptions>(),
        .. OptionRules.Describe<StorageOptions>(),
        .. OptionRules.Describe<AzureOptions>(),
        .. OptionRules.Describe<AzureShardLogOptions>(),
        .. OptionRules.Describe<RedisOptions>(),
        .. OptionRules.Describe<GatewayOptions>(),
        .. OptionRules.Describe<SyncOptions>(),
        .. OptionRules.Describe<LocalShardLogOptions>(),
        .. OptionRules.Describe<SyncShardOptions>(),
        .. OptionRules.Describe<EpochOptions>(),
        .. OptionRules.Describe<AdmissionOptions>(),
        .. OptionRules.Describe<OperatorOptions>(),
        .. OptionRules.Describe<TlsOptions>(),
    ];

    /// <summary>Finds a setting by its key; case does not matter.</summary>
    public static OptionDescription? Find(string key) =>
        All.FirstOrDefault(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The table of the README, line by line.</summary>
    public static IEnumerable<string> Table()
    {
        yield return "| Key | Switch | Default | Range | Meaning |";
        yield return "|---|---|---|---|---|";
        foreach (var setting in All)
        {
            var name = setting.Switch is null ? "" : $"`{setting.Switch}`";
            yield return $"| `{setting.Key}` | {name} | `{setting.Default}` | {setting.Range} | {setting.Summary} |";
        }
    }
}
