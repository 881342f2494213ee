using System.Text.Json;
using System.Text.Json.Serialization;
using DaxEmu.Contract;

namespace DaxEmu.Daemon.Admin;

/// <summary>A range as <c>{"start": 0, "end": 4096}</c>; an end of null means "to the end of the file, however large it grows".</summary>
internal sealed class ByteRangeConverter : JsonConverter<ByteRange>
{
    /// <inheritdoc/>
    public override ByteRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        JsonElement end = document.RootElement.GetProperty("end");
        return new(
            document.RootElement.GetProperty("start").GetUInt64(),
            end.ValueKind == JsonValueKind.Null ? ulong.MaxValue : end.GetUInt64());
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ByteRange value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("start", value.Start);
        if (value.End == ulong.MaxValue)
        {
            writer.WriteNull("end");
        }
        else
        {
            writer.WriteNumber("end", value.End);
        }

        writer.WriteEndObject();
    }
}
